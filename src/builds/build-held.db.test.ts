import { afterEach, describe, expect, it } from "vitest";
import { createJobQueue } from "#jobs";
import { MbdError } from "#platform";
import { wakeHeldBuilds } from "./build-worker.ts";
import { exampleDescription } from "./test-support.ts";
import {
  BUILD_ID,
  handleAndRetry,
  openWorkerBench,
  type WorkerBench,
  workTimeOf,
} from "./worker-test-support.ts";

// What keeps a build from beginning: no chroot, a source in error, a description that is not valid.

const EXTRA = {
  ...{ ...exampleDescription().apt.base, name: "debian-bookworm-updates", components: [] },
  ...{ pin: { o: "Debian", n: "bookworm-updates" }, priority: 500 },
};

let bench: WorkerBench;
afterEach(() => bench.close());

describe("a build without chroot", () => {
  it("is not FAILED for a weekend in which there was nobody to make one", async () => {
    const hours = { worked: 0 };
    const chroot = async () => await Promise.reject(new Error("no such chroot"));
    bench = await openWorkerBench({ chroot, workTime: workTimeOf(hours) });
    await handleAndRetry(bench);

    bench.advance(60 * 3600);
    expect(await handleAndRetry(bench)).toBe(60);
    expect(await bench.row()).toMatchObject({ state: "QUEUED" });
    hours.worked = 24;
    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "FAILED", reason: "no_builder" });
  });

  it("is FAILED a day after it was held first, however long it was queued before", async () => {
    bench = await openWorkerBench({ chroot: async () => await Promise.reject(new Error("no such chroot")) });
    bench.advance(48 * 3600);

    expect(await handleAndRetry(bench)).toBe(60);
    expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt: 0 });
    bench.advance(24 * 3600);
    await bench.handle();

    expect(await bench.row()).toMatchObject({
      ...{ state: "FAILED", reason: "no_builder" },
      message: "nobody could build for bookworm amd64 for a day: no such chroot",
    });
  });
});

describe("a build whose chroot is being made", () => {
  const wait = "the chroot for bookworm amd64 is being made";
  const wake = (codename: string, arch: string) =>
    bench.db.write((tx) => wakeHeldBuilds(tx, createJobQueue(bench.deps.clock), { codename, arch }));
  const jobs = () => bench.db.read.selectFrom("job").select(["kind", "subject"]).execute();

  it("holds no slot, says so, and begins when it is told that the chroot is there", async () => {
    let isThere = false;
    const chroot = { tarball: "/srv/chroots/bookworm-amd64-1.tar.zst", stamp: "1" };
    bench = await openWorkerBench({ chroot: async () => (isThere ? chroot : { wait }) });
    bench.setMode("good");

    expect(await handleAndRetry(bench)).toBe(60);
    expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt: 0, message: wait });
    await wake("bookworm", "arm64");
    expect(await jobs()).toEqual([]);
    isThere = true;
    await wake("bookworm", "amd64");

    expect(await jobs()).toEqual([{ kind: "build", subject: `build:${BUILD_ID}` }]);
    await bench.handle();
    expect(await bench.row()).toMatchObject({ state: "BUILT", held_since: null });
  });

  it("is not begun earlier when it pauses after a builder failure", async () => {
    bench = await openWorkerBench();
    bench.setMode("builder");
    await handleAndRetry(bench);

    await wake("bookworm", "amd64");

    expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt: 1 });
    expect(await jobs()).toEqual([]);
  });
});

describe("a build that is held back", () => {
  it("says why, and begins when nothing holds it any more", async () => {
    let why: string | undefined = "the source Debian bookworm is in error";
    bench = await openWorkerBench({ hold: async () => why });
    bench.setMode("good");

    expect(await handleAndRetry(bench)).toBe(60);
    expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt: 0, message: why });
    bench.advance(23 * 3600);
    why = undefined;
    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "BUILT", held_since: null });
  });

  it.each([
    [
      "an extra source without components",
      { apt: { ...exampleDescription().apt, extra: [EXTRA] } },
      /^its description is not valid at apt\.extra\.0\.components: [^\n{}]+$/,
    ],
    [
      "another name than packages have",
      { source: "Hello World" },
      /^its description is not valid at source: /,
    ],
  ])("because of %s says so in one line, and loses no attempt", async (_what, change, expected) => {
    bench = await openWorkerBench({ describe: async (build) => exampleDescription({ build, ...change }) });

    expect(await handleAndRetry(bench)).toBe(60);

    const row = await bench.row();
    expect(row).toMatchObject({ state: "QUEUED", attempt: 0, fence: 0 });
    expect(row.message).toMatch(expected);
  });

  it("because it cannot be described says why", async () => {
    const error = new MbdError("not_found", { what: "Source 7" });
    bench = await openWorkerBench({ describe: async () => await Promise.reject(error) });

    expect(await handleAndRetry(bench)).toBe(60);

    expect((await bench.row()).message).toBe(error.message.replace(/\.$/, ""));
  });

  it("by a source in error stays QUEUED for as long as that takes", async () => {
    bench = await openWorkerBench({ hold: async () => "the source is in error" });

    expect(await handleAndRetry(bench)).toBe(60);
    bench.advance(48 * 3600);
    expect(await handleAndRetry(bench)).toBe(60);

    expect(await bench.row()).toMatchObject({
      ...{ state: "QUEUED", reason: null, message: "the source is in error" },
      ...{ held_since: "2024-01-02T03:00:00.000Z", no_builder_since: null },
    });
  });

  it("by a source in error has a day left for its chroot behind that", async () => {
    let why: string | undefined;
    const chroot = async () => await Promise.reject(new Error("no such chroot"));
    bench = await openWorkerBench({ chroot, hold: async () => why });
    await handleAndRetry(bench);
    bench.advance(23 * 3600);
    why = "the source is in error";
    await handleAndRetry(bench);
    bench.advance(23 * 3600);
    why = undefined;

    expect(await handleAndRetry(bench)).toBe(60);
    bench.advance(24 * 3600);
    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "FAILED", reason: "no_builder" });
  });
});
