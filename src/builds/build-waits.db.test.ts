import { readdirSync } from "node:fs";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { keptDir } from "./kept-files.ts";
import { openLog } from "./live-log.ts";
import {
  BUILD_ID,
  handleAndRetry,
  openWorkerBench,
  type WorkerBench,
  workTimeOf,
} from "./worker-test-support.ts";

// What keeps a build from going on: dependencies that are missing, archives that cannot be fetched from.

const LIBFOO = { missing: "libfoo-dev (>= 2)", from: "being built by foo 2" };

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
