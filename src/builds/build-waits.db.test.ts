import { readdirSync } from "node:fs";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { createJobQueue, type WorkTime } from "#jobs";
import { MbdError } from "#platform";
import { wakeHeldBuilds } from "./build-worker.ts";
import { keptDir } from "./kept-files.ts";
import { openLog } from "./live-log.ts";
import { exampleDescription } from "./test-support.ts";
import { BUILD_ID, handleAndRetry, openWorkerBench, type WorkerBench } from "./worker-test-support.ts";

// What keeps a build from beginning, or from going on: dependencies that are missing, no chroot, a source in error.

const LIBFOO = { missing: "libfoo-dev (>= 2)", from: "being built by foo 2" };

const EXTRA = {
  ...{ ...exampleDescription().apt.base, name: "debian-bookworm-updates", components: [] },
  ...{ pin: { o: "Debian", n: "bookworm-updates" }, priority: 500 },
};

/** An engine that ran for so many hours since. */
const workTimeOf = (hours: { readonly worked: number }): Pick<WorkTime, "left"> => ({
  left: async (_db, _since, seconds) => (seconds - hours.worked * 3600) * 1000,
});

let bench: WorkerBench;
afterEach(() => bench.close());

describe("dependencies that are missing", () => {
  it("fail the build at once when none is on its way", async () => {
    bench = await openWorkerBench();
    bench.setMode("dep_wait");

    await bench.handle();

    const row = await bench.row();
    expect(row).toMatchObject({ state: "FAILED", reason: "dep_wait" });
    expect(row.message).toContain("libfoo-dev (>= 2)");
  });

  it("are waited for without counting an attempt, then the build is made", async () => {
    let coming = [LIBFOO];
    bench = await openWorkerBench({ onItsWay: async () => coming });
    bench.setMode("dep_wait");

    await handleAndRetry(bench);
    await handleAndRetry(bench);
    expect(await bench.row()).toMatchObject({
      ...{ state: "DEP_WAIT", attempt: 0, reason: "dep_wait" },
      message: "waits for libfoo-dev (>= 2), being built by foo 2",
    });
    coming = [];
    bench.setMode("good");
    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "BUILT", attempt: 1, fence: 2 });
    expect((await bench.told()).filter(({ type }) => type === "DEP_WAIT")).toHaveLength(1);
  });

  it("are not waited for longer than allowed, however often it was tried", async () => {
    bench = await openWorkerBench({ onItsWay: async () => [LIBFOO], depWaitSeconds: 100 });
    bench.setMode("dep_wait");

    await handleAndRetry(bench);
    bench.advance(101);
    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "FAILED", reason: "dep_wait" });
  });

  it("are tried once more when they came, or went, in a wait that nobody looked at", async () => {
    let coming = [LIBFOO];
    bench = await openWorkerBench({ onItsWay: async () => coming });
    bench.setMode("dep_wait");
    await handleAndRetry(bench);

    bench.advance(12 * 3600);
    coming = [];
    bench.setMode("good");
    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "BUILT" });
  });

  it("are waited for in the time in which the engine runs", async () => {
    const hours = { worked: 0 };
    bench = await openWorkerBench({ onItsWay: async () => [LIBFOO], workTime: workTimeOf(hours) });
    bench.setMode("dep_wait");
    await handleAndRetry(bench);

    bench.advance(12 * 3600);
    expect(await handleAndRetry(bench)).toBe(60);
    hours.worked = 6;
    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "FAILED", reason: "dep_wait" });
  });

  it("are waited for since the first time, whatever failed in between, and told of once", async () => {
    bench = await openWorkerBench({ onItsWay: async () => coming, depWaitSeconds: 100 });
    let coming = [LIBFOO];
    bench.setMode("dep_wait");
    await handleAndRetry(bench);
    coming = [];
    bench.setMode("builder");
    await handleAndRetry(bench);
    coming = [LIBFOO];
    bench.setMode("dep_wait");
    await handleAndRetry(bench);

    bench.advance(101);
    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "FAILED", reason: "dep_wait" });
    expect((await bench.told()).filter(({ type }) => type === "DEP_WAIT")).toHaveLength(1);
  });

  it("are looked up once more when the wait begins: what came meanwhile woke nobody", async () => {
    let looks = 0;
    bench = await openWorkerBench({ onItsWay: async () => (++looks === 1 ? [LIBFOO] : []) });
    bench.setMode("dep_wait");

    expect(await handleAndRetry(bench)).toBe(0);

    expect(await bench.row()).toMatchObject({ state: "DEP_WAIT" });
  });

  it("are told anew when somebody else brings them", async () => {
    let from = "queued by foo 2";
    bench = await openWorkerBench({ onItsWay: async () => [{ ...LIBFOO, from }] });
    bench.setMode("dep_wait");
    await handleAndRetry(bench);

    from = "being installed by foo 2";
    await handleAndRetry(bench);

    expect((await bench.row()).message).toBe("waits for libfoo-dev (>= 2), being installed by foo 2");
  });

  it("leave a log for each time that they were looked for, and the last one in the end", async () => {
    let looks = 0;
    // The third look wakes the build, which then misses them again.
    bench = await openWorkerBench({ onItsWay: async () => (++looks === 3 ? [] : [LIBFOO]) });
    bench.setMode("dep_wait");

    await handleAndRetry(bench);
    await handleAndRetry(bench);
    bench.advance(6 * 3600);
    await bench.handle();

    const { bkey, state } = await bench.row();
    expect(state).toBe("FAILED");
    expect(readdirSync(keptDir(bench.deps.home, bkey)).sort()).toEqual([
      "attempt-1.log.zst",
      "attempt-2.log.zst",
    ]);
    const log = await openLog({ home: bench.deps.home, buildId: BUILD_ID, bkey });
    expect(log && (await text(log.stream))).toContain("libfoo-dev (>= 2)");
  });

  it("are looked for by aptitude in the same attempt when our own suites have them", async () => {
    bench = await openWorkerBench({
      inOwnSuites: async (_build, names) => names.includes("libfoo-dev (>= 2)"),
    });
    bench.setMode("dep_wait");
    bench.setMode("good", "aptitude");

    await bench.handle();

    const row = await bench.row();
    expect(row).toMatchObject({ state: "BUILT", attempt: 1, fence: 1 });
    expect(JSON.parse(row.result ?? "null")).toMatchObject({ resolver: "aptitude" });
  });
});

describe("an archive that cannot be fetched from", () => {
  it.each([
    ["fetch", ["http://archive.example.org/debian/"]],
    ["update", ["http://archive.example.org/debian/"]],
    ["builder", []],
    ["package", []],
  ] as const)(
    "is told of when the build says so (%s), others and our own are not",
    async (mode, expected) => {
      const told: string[] = [];
      bench = await openWorkerBench({ archiveFailed: async (uri) => void told.push(uri) });
      bench.setMode(mode);

      await bench.handle().catch(() => undefined);

      expect(told).toEqual(expected);
    },
  );

  it.each([
    ["fetch", "build dependencies could not be downloaded"],
    ["update", "sbuild failed in stage run-chroot-setup-commands"],
  ] as const)("is named in the message (%s)", async (mode, rest) => {
    bench = await openWorkerBench();
    bench.setMode(mode);

    await bench.handle().catch(() => undefined);

    const message = `apt could not fetch from http://archive.example.org/debian/ (${rest})`;
    expect(await bench.row()).toMatchObject({ state: "QUEUED", message });
  });
});

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

  it("stays QUEUED for a day, then is FAILED", async () => {
    bench = await openWorkerBench({ chroot: async () => await Promise.reject(new Error("no such chroot")) });

    expect(await handleAndRetry(bench)).toBe(60);
    expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt: 0 });
    bench.advance(24 * 3600);
    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "FAILED", reason: "no_builder" });
  });
});

it.each([
  ["fetch", ["http://archive.example.org/debian/pool/main/h/hello/hello_2.deb"]],
  ["package", []],
] as const)(
  "a file that cannot be fetched, or is wrong, is told of (%s), others and our own are not",
  async (mode, expected) => {
    const told: string[] = [];
    bench = await openWorkerBench({ fileFailed: async (address) => void told.push(address) });
    bench.setMode(mode);

    await bench.handle().catch(() => undefined);

    expect(told).toEqual(expected);
  },
);

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

  it("is FAILED a day after it was held first, however long it was queued before", async () => {
    bench = await openWorkerBench({ hold: async () => "the source is in error" });
    bench.advance(48 * 3600);

    expect(await handleAndRetry(bench)).toBe(60);
    bench.advance(24 * 3600);
    await bench.handle();

    expect(await bench.row()).toMatchObject({
      ...{ state: "FAILED", reason: "no_builder" },
      message: "nobody could build for bookworm amd64 for a day: the source is in error",
    });
  });
});
