import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createJobQueue } from "#jobs";
import { isAlive, silentLog, systemClock } from "#platform";
import { BuildResult } from "./build-result.ts";
import { cancelBuild } from "./build-worker.ts";
import { keptDir } from "./kept-files.ts";
import { openLog } from "./live-log.ts";
import {
  BUILD_ID,
  handleAndRetry,
  leaveWorkDir,
  openWorkerBench,
  type WorkerBench,
} from "./worker-test-support.ts";

let bench: WorkerBench;
afterEach(() => bench.close());

const workDir = (): string => join(bench.deps.home.work, String(BUILD_ID));
const kept = async (): Promise<string[]> => {
  const dir = keptDir(bench.deps.home, (await bench.row()).bkey);
  return existsSync(dir) ? readdirSync(dir).sort() : [];
};

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error("it did not happen");
    await delay(20);
  }
}

/** Begins a build that hangs, then lets the daemon end: its handler gives up, the runner goes on. */
async function beginAndStopDaemon(): Promise<{ pid: number; started: string }> {
  bench.setMode("hang");
  const daemon = new AbortController();
  const handled = bench.handle(daemon.signal);
  await until(async () => (await bench.row()).state === "BUILDING");
  daemon.abort(new Error("the daemon stops"));
  await expect(handled).rejects.toThrow("the daemon stops");
  return JSON.parse((await bench.row()).runner ?? "null") as { pid: number; started: string };
}

async function kill(runner: { pid: number; started: string }): Promise<void> {
  process.kill(runner.pid, "SIGKILL");
  await until(() => !isAlive(runner));
}

describe("a build", () => {
  it("becomes BUILT, with events, kept log and stored files", async () => {
    bench = await openWorkerBench();
    bench.setMode("good");

    await bench.handle();

    const row = await bench.row();
    expect(row).toMatchObject({ state: "BUILT", attempt: 1, fence: 1, reason: null, runner: null });
    expect(row.ended_at).not.toBeNull();
    const result = BuildResult.parse(JSON.parse(row.result ?? "null"));
    expect(result).toMatchObject({ class: "built", status: "successful", resolver: "apt", chrootStamp: "1" });
    expect(result.times).toMatchObject({ sbuildMs: 1234, buildSeconds: 40, installSeconds: 10 });
    for (const file of result.files) expect(await bench.deps.blobs.has(file.sha256)).toBe(true);
    expect(await kept()).toEqual([
      "build.log.zst",
      "hello_2.10-3~test12+1_amd64.buildinfo",
      "hello_2.10-3~test12+1_amd64.changes",
      "result.json",
    ]);
    const log = await openLog({ home: bench.deps.home, buildId: BUILD_ID, bkey: row.bkey });
    expect(log && (await text(log.stream))).toContain("Status: successful");
    expect(existsSync(workDir())).toBe(false);
    expect((await bench.told()).map(({ type, data }) => [type, data.state])).toEqual([
      ["BUILDING", undefined],
      ["BUILT", "BUILT"],
    ]);
    expect(new Set(bench.changed)).toEqual(new Set([BUILD_ID]));
  });

  it("becomes FAILED by the package, with the lines that say why", async () => {
    bench = await openWorkerBench();
    bench.setMode("package");

    await bench.handle();

    const row = await bench.row();
    expect(row).toMatchObject({ state: "FAILED", reason: "package" });
    const { errorLines } = BuildResult.parse(JSON.parse(row.result ?? "null"));
    expect(errorLines.map((line) => line.text)).toEqual(["a.c:1:1: error: no", "make: *** [all] Error 1"]);
  });

  it("becomes SKIPPED on the wrong architecture", async () => {
    bench = await openWorkerBench();
    bench.setMode("skipped");

    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "SKIPPED" });
  });

  it("is tried three times when the builder fails, with growing pauses", async () => {
    bench = await openWorkerBench();
    bench.setMode("builder");

    expect(await handleAndRetry(bench)).toBe(60);
    expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt: 1 });
    expect(await handleAndRetry(bench)).toBe(300);
    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "FAILED", reason: "builder", attempt: 3, fence: 3 });
    expect(await kept()).toEqual(["attempt-1.log.zst", "attempt-2.log.zst", "build.log.zst", "result.json"]);
    expect((await bench.told()).filter(({ type }) => type === "BUILT")).toHaveLength(1);
  });

  it("counts a runner that dies as a failure of the builder", async () => {
    bench = await openWorkerBench();
    bench.setMode("die");

    expect(await handleAndRetry(bench)).toBe(60);

    expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt: 1, runner: null });
    expect(await kept()).toEqual(["attempt-1.log.zst"]);
    expect(existsSync(workDir())).toBe(false);
  });

  it("counts sources that are not there as a failure of the builder", async () => {
    bench = await openWorkerBench();
    rmSync(bench.deps.home.store, { recursive: true });

    expect(await handleAndRetry(bench)).toBe(60);

    const row = await bench.row();
    expect(row.state).toBe("QUEUED");
    expect(row.message).toContain("hello_2.10-3~test12+1.dsc");
  });
});

describe("cancelling", () => {
  it("ends a build that runs", async () => {
    bench = await openWorkerBench();
    bench.setMode("hang");
    const handled = bench.handle();
    await until(async () => (await bench.row()).state === "BUILDING");

    const answer = await bench.db.write((tx) => cancelBuild(tx, BUILD_ID, "2024-01-02T03:00:01.000Z"));
    await handled;

    expect(answer).toBe("requested");
    expect(await bench.row()).toMatchObject({ state: "CANCELLED" });
    expect(existsSync(workDir())).toBe(false);
  });

  it("ends one that waits at once, and one that has ended not at all", async () => {
    bench = await openWorkerBench();
    const cancel = () => bench.db.write((tx) => cancelBuild(tx, BUILD_ID, "2024-01-02T03:00:01.000Z"));

    expect(await cancel()).toBe("cancelled");
    expect(await cancel()).toBe("ended");
    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "CANCELLED", attempt: 0 });
  });
});

describe("a restart of the daemon", () => {
  it("takes a running build up again, with the same attempt and fence", async () => {
    bench = await openWorkerBench();
    const runner = await beginAndStopDaemon();
    expect(isAlive(runner)).toBe(true);

    const again = bench.handle();
    bench.finish();
    await again;

    expect(await bench.row()).toMatchObject({ state: "BUILT", attempt: 1, fence: 1 });
    expect((await bench.told()).map(({ type }) => type)).toEqual(["BUILDING", "BUILT"]);
  });

  it("takes a result that was left meanwhile", async () => {
    bench = await openWorkerBench();
    const runner = await beginAndStopDaemon();
    bench.finish();
    await until(() => !isAlive(runner));

    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "BUILT", attempt: 1, fence: 1 });
  });

  it("repeats the storing of a build that was UPLOADING", async () => {
    bench = await openWorkerBench();
    const runner = await beginAndStopDaemon();
    bench.finish();
    await until(() => !isAlive(runner));
    await bench.db.write((tx) => tx.updateTable("build").set({ state: "UPLOADING" }).execute());

    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "BUILT", attempt: 1 });
  });

  it("begins anew when the runner is gone without a result", async () => {
    bench = await openWorkerBench();
    await kill(await beginAndStopDaemon());

    expect(await handleAndRetry(bench)).toBe(60);

    expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt: 1 });
    expect(await kept()).toEqual(["attempt-1.log.zst"]);
    expect(existsSync(workDir())).toBe(false);
  });

  it.each([
    [1, "QUEUED", "mini-buildd or its machine ended before this build began; it is tried again in a minute"],
    [2, "QUEUED", "mini-buildd or its machine ended before this build began; it is tried again in 5 minutes"],
    [3, "FAILED", "mini-buildd or its machine ended before this build began"],
  ])(
    "says what happened to attempt %i when it was not begun, and when it is tried again",
    async (...given) => {
      const [attempt, state, message] = given;
      bench = await openWorkerBench();
      await bench.db.write((tx) => tx.updateTable("build").set({ state: "LEASED", attempt }).execute());

      await bench.handle().catch(() => undefined);

      expect(await bench.row()).toMatchObject({ state, message });
    },
  );

  it("throws the result of another attempt away", async () => {
    bench = await openWorkerBench();
    const runner = await beginAndStopDaemon();
    bench.finish();
    await until(() => !isAlive(runner));
    const path = join(workDir(), "result.json");
    const result = JSON.parse(readFileSync(path, "utf8")) as object;
    writeFileSync(path, JSON.stringify({ ...result, fence: 7 }));

    await handleAndRetry(bench);

    expect(await bench.row()).toMatchObject({ state: "QUEUED" });
  });

  it("counts a build in the midst of which the machine went down: it may be why", async () => {
    bench = await openWorkerBench();
    await kill(await beginAndStopDaemon());
    const path = join(workDir(), "runner.json");
    const claim = JSON.parse(readFileSync(path, "utf8")) as { started: string };
    writeFileSync(path, JSON.stringify({ ...claim, started: "another-boot/1" }));

    expect(await handleAndRetry(bench)).toBe(60);

    expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt: 1, fence: 1 });
  });

  it("does not count one that the machine's orderly shutdown ended", async () => {
    bench = await openWorkerBench();
    const runner = await beginAndStopDaemon();
    process.kill(runner.pid, "SIGTERM");
    await until(() => !isAlive(runner));
    const path = join(workDir(), "runner.json");
    const claim = JSON.parse(readFileSync(path, "utf8")) as { started: string };
    writeFileSync(path, JSON.stringify({ ...claim, started: "another-boot/1" }));

    expect(await handleAndRetry(bench)).toBe(0);

    expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt: 0, fence: 1 });
  });

  it("removes what nobody works on and queues what is open", async () => {
    bench = await openWorkerBench();
    const stale = leaveWorkDir(bench, "4711");
    const other = leaveWorkDir(bench, "lost+found");

    await bench.worker.recover(createJobQueue(systemClock));

    expect(existsSync(stale)).toBe(false);
    expect(existsSync(other)).toBe(true);
    const jobs = await bench.db.read.selectFrom("job").select(["kind", "subject"]).execute();
    expect(jobs).toEqual([{ kind: "build", subject: `build:${BUILD_ID}` }]);
  });

  it.runIf(process.getuid?.() === 0)("goes on where a work directory resists", async () => {
    const reasons: unknown[] = [];
    bench = await openWorkerBench({ log: { ...silentLog, error: (what: unknown) => reasons.push(what) } });
    const busy = join(leaveWorkDir(bench, "4711"), "busy");
    mkdirSync(busy);
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", busy]);
    try {
      const stale = leaveWorkDir(bench, "4712");

      await bench.worker.recover(createJobQueue(systemClock));

      expect(existsSync(stale)).toBe(false);
      expect(reasons).toMatchObject([{ reason: expect.stringContaining("EBUSY") }]);
      expect(await bench.db.read.selectFrom("job").select("kind").execute()).toHaveLength(1);
    } finally {
      execFileSync("umount", [busy]);
    }
  });
});

describe("while the engine does not run", () => {
  let engine: "running" | "draining" | "stopped";

  async function openSwitched(state: typeof engine): Promise<WorkerBench> {
    engine = state;
    return await openWorkerBench({ engine: () => engine });
  }

  it.each(["draining", "stopped"] as const)("%s: no build begins", async (state) => {
    bench = await openSwitched(state);

    expect(await handleAndRetry(bench)).toBe(0);

    expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt: 0, fence: 0 });
  });

  it("stopped: running builds are queued again without counting", async () => {
    bench = await openSwitched("running");
    bench.setMode("hang");
    const handled = handleAndRetry(bench);
    await until(async () => (await bench.row()).runner !== null);

    engine = "stopped";

    expect(await handled).toBe(0);
    expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt: 0, fence: 1 });
  });

  it("draining: running builds go on to their end", async () => {
    bench = await openSwitched("running");
    bench.setMode("hang");
    const handled = bench.handle();
    await until(async () => (await bench.row()).runner !== null);

    engine = "draining";
    bench.finish();
    await handled;

    expect(await bench.row()).toMatchObject({ state: "BUILT", attempt: 1 });
  });
});

describe("a job that fails for reasons of our own", () => {
  it("keeps the log of what it gives up, and has hours for what a build has made", async () => {
    bench = await openWorkerBench();
    await kill(await beginAndStopDaemon());
    const { kind } = bench.worker;
    const job = { subject: `build:${BUILD_ID}` } as Parameters<NonNullable<typeof kind.dead>>[0];

    await kind.dead?.(job, new Error("no space left"));

    expect(await bench.row()).toMatchObject({ state: "FAILED", message: "no space left" });
    expect(await kept()).toEqual(["build.log.zst"]);
    expect(existsSync(workDir())).toBe(false);
    const pauses = Array.from({ length: kind.maxAttempts - 1 }, (_, index) => kind.backoffSeconds(index + 1));
    expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBeGreaterThan(4 * 3600);
  });

  it("ends the build as FAILED when its attempts are used up", async () => {
    bench = await openWorkerBench({ describe: async () => await Promise.reject(new Error("broken row")) });
    await expect(bench.handle()).rejects.toThrow("broken row");

    const job = { subject: `build:${BUILD_ID}` } as Parameters<NonNullable<typeof bench.worker.kind.dead>>[0];
    await bench.worker.kind.dead?.(job, new Error("broken row"));

    expect(await bench.row()).toMatchObject({ state: "FAILED", reason: "builder", message: "broken row" });
  });
});
