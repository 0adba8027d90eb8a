import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { watchStates } from "#db";
import { RetryLater } from "#jobs";
import { isAlive } from "#platform";
import { BUILD_STATES, BUILD_TRANSITIONS, type BuildState, type TransitionName } from "./build-states.ts";
import { cancelBuild } from "./build-worker.ts";
import type { BuildWorkerDeps } from "./worker-deps.ts";
import { BUILD_ID, openWorkerBench, type WorkerBench } from "./worker-test-support.ts";

/**
 * Every transition of the table is reached by the worker itself: a story brings a build there, and the database notes
 * each change of its state.
 */
interface Story {
  readonly name: TransitionName;
  readonly from: BuildState;
  readonly deps?: Partial<BuildWorkerDeps>;
  /** What happened before; what it changes does not count. */
  before?(bench: WorkerBench): Promise<void>;
  act(bench: WorkerBench): Promise<void>;
}

const COMING = [{ missing: "libfoo-dev (>= 2)", from: "being built by foo 2" }];
const NOW = "2024-01-02T03:00:01.000Z";

const STORIES: readonly Story[] = [
  { name: "B3", from: "QUEUED", act: inMode("good") },
  { name: "B4", from: "LEASED", act: inMode("good") },
  { name: "B5", from: "BUILDING", act: inMode("good") },
  { name: "B6", from: "UPLOADING", act: inMode("good") },
  { name: "B7", from: "UPLOADING", act: inMode("package") },
  { name: "B8", from: "UPLOADING", act: inMode("builder") },
  { name: "B9", from: "UPLOADING", before: times(2, inMode("builder")), act: inMode("builder") },
  { name: "B9", from: "BUILDING", before: times(2, inMode("die")), act: inMode("die") },
  { name: "B9", from: "LEASED", before: times(2, withoutSources), act: withoutSources },
  { name: "B13", from: "UPLOADING", act: inMode("skipped") },
  { name: "B14", from: "LEASED", act: withoutSources },
  { name: "B14", from: "BUILDING", act: inMode("die") },
  {
    name: "B14",
    from: "UPLOADING",
    async before(bench) {
      await killRunner(await leaveRunning(bench));
      await setState(bench, "UPLOADING");
    },
    act: handle,
  },
  {
    name: "B5",
    from: "LEASED",
    async before(bench) {
      const runner = await leaveRunning(bench);
      bench.finish();
      await until(() => !isAlive(runner));
      await setState(bench, "LEASED");
    },
    act: handle,
  },
  { name: "B10", from: "UPLOADING", deps: { onItsWay: async () => COMING }, act: inMode("dep_wait") },
  {
    name: "B11",
    from: "DEP_WAIT",
    deps: { onItsWay: onceOnItsWay() },
    before: inMode("dep_wait"),
    act: inMode("good"),
  },
  {
    name: "B12",
    from: "DEP_WAIT",
    deps: { onItsWay: async () => COMING },
    before: inMode("dep_wait"),
    async act(bench) {
      bench.advance(6 * 3600);
      await handle(bench);
    },
  },
  {
    name: "B15",
    from: "QUEUED",
    deps: { chroot: async () => await Promise.reject(new Error("no chroot")) },
    before: handle,
    async act(bench) {
      bench.advance(24 * 3600);
      await handle(bench);
    },
  },
  { name: "B16", from: "QUEUED", act: cancel },
  {
    name: "B16",
    from: "DEP_WAIT",
    deps: { onItsWay: async () => COMING },
    before: inMode("dep_wait"),
    act: cancel,
  },
  {
    name: "B16w",
    from: "LEASED",
    async act(bench) {
      // Just when its sources are brought together.
      const { blobs } = bench.deps;
      Object.assign(blobs, { has: async () => await cancel(bench).then(() => false) });
      await handle(bench);
    },
  },
  {
    name: "B16w",
    from: "BUILDING",
    async act(bench) {
      await killRunner(await leaveRunning(bench));
      await cancel(bench);
      await handle(bench);
    },
  },
  {
    name: "B16w",
    from: "UPLOADING",
    async act(bench) {
      await leaveRunning(bench);
      await cancel(bench);
      await handle(bench);
    },
  },
];

const benches: WorkerBench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
});

test.each(STORIES)("$name from $from", async ({ name, from, deps, before, act }) => {
  const bench = await openWorkerBench(deps);
  benches.push(bench);
  await before?.(bench);
  const history = await watchStates(bench.db);

  await act(bench);

  const changes = await history("build");
  expect(changes).toContain(`${from} ${BUILD_TRANSITIONS[name].to}`);
  for (const change of changes) expect(ALLOWED).toContain(change);
});

const ALLOWED = Object.values(BUILD_TRANSITIONS).flatMap(({ from, to }) =>
  from.map((state: BuildState) => `${state} ${to}`),
);

describe("the stories", () => {
  test("reach every transition from each of its states", () => {
    // B5 from UPLOADING repeats the storing after a restart: no change of the state.
    const wanted = Object.entries(BUILD_TRANSITIONS).flatMap(([name, { from, to }]) =>
      from.filter((state: BuildState) => state !== to).map((state) => `${name} ${state}`),
    );

    expect(STORIES.map(({ name, from }) => `${name} ${from}`).sort()).toEqual(wanted.sort());
  });

  test("so reach every state", () => {
    const reached = STORIES.map(({ name }) => BUILD_TRANSITIONS[name].to);

    expect([...new Set(reached)].sort()).toEqual([...BUILD_STATES].sort());
  });
});

/** Handles the job once; that it is to be tried later is fine. */
async function handle(of: WorkerBench): Promise<void> {
  await of.handle().catch((error: unknown) => {
    if (!(error instanceof RetryLater)) throw error;
  });
}

function inMode(mode: Parameters<WorkerBench["setMode"]>[0]) {
  return async (of: WorkerBench) => {
    of.setMode(mode);
    await handle(of);
  };
}

function times(count: number, act: (of: WorkerBench) => Promise<void>) {
  return async (of: WorkerBench) => {
    for (let turn = 0; turn < count; turn += 1) await act(of);
  };
}

async function withoutSources(of: WorkerBench): Promise<void> {
  Object.assign(of.deps.blobs, { has: async () => false });
  await handle(of);
}

/** On its way at first, later not any more. */
function onceOnItsWay(): BuildWorkerDeps["onItsWay"] {
  let looks = 0;
  return async () => (++looks <= 2 ? COMING : []);
}

async function cancel(of: WorkerBench): Promise<void> {
  await of.db.write((tx) => cancelBuild(tx, BUILD_ID, NOW));
}

async function setState(of: WorkerBench, state: BuildState): Promise<void> {
  await of.db.write((tx) => tx.updateTable("build").set({ state }).execute());
}

/** Begins a build that hangs, and lets the daemon end. */
async function leaveRunning(of: WorkerBench): Promise<{ pid: number; started: string }> {
  of.setMode("hang");
  const daemon = new AbortController();
  const handled = of.handle(daemon.signal);
  await until(async () => (await of.row()).state === "BUILDING");
  daemon.abort(new Error("the daemon stops"));
  await expect(handled).rejects.toThrow("the daemon stops");
  return JSON.parse((await of.row()).runner ?? "null") as { pid: number; started: string };
}

async function killRunner(runner: { pid: number; started: string }): Promise<void> {
  process.kill(runner.pid, "SIGKILL");
  await until(() => !isAlive(runner));
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error("it did not happen");
    await delay(20);
  }
}
