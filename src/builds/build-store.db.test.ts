import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BUILD_STATES, BUILD_TRANSITIONS, type TransitionName } from "./build-states.ts";
import { BuildGone, leaseBuild, moveBuild, requestCancel, setRunner } from "./build-store.ts";
import { BUILD_ID, openWorkerBench, type WorkerBench } from "./worker-test-support.ts";

const NOW = "2024-01-02T03:00:00.000Z";
let bench: WorkerBench;
beforeEach(async () => {
  bench = await openWorkerBench();
});
afterEach(() => bench.close());

async function setState(state: string): Promise<void> {
  await bench.db.write((tx) => tx.updateTable("build").set({ state, attempt: 1, fence: 1 }).execute());
}

describe("moveBuild", () => {
  const names = Object.keys(BUILD_TRANSITIONS) as TransitionName[];

  it.each(names)("%s goes from its states only", async (name) => {
    const { from, to } = BUILD_TRANSITIONS[name];
    for (const state of BUILD_STATES) {
      await setState(state);
      const moved = bench.db.write((tx) => moveBuild(tx, { id: BUILD_ID, attempt: 1, fence: 1 }, name));
      if ((from as readonly string[]).includes(state)) expect(await moved).toMatchObject({ state: to });
      else await expect(moved).rejects.toThrow(BuildGone);
    }
  });

  it.each(names.filter((name) => BUILD_TRANSITIONS[name].fenced))(
    "%s needs attempt and fence",
    async (name) => {
      const [state = "none"] = BUILD_TRANSITIONS[name].from;
      await setState(state);
      for (const stale of [
        { attempt: 1, fence: 2 },
        { attempt: 2, fence: 1 },
      ]) {
        const moved = bench.db.write((tx) => moveBuild(tx, { id: BUILD_ID, ...stale }, name));
        await expect(moved).rejects.toThrow(BuildGone);
      }
      expect(await bench.row()).toMatchObject({ state });
    },
  );
});

describe("leaseBuild", () => {
  it("counts attempt and fence, once", async () => {
    const row = await bench.db.write((tx) => leaseBuild(tx, BUILD_ID, "acme", NOW));

    expect(row).toMatchObject({ state: "LEASED", attempt: 1, fence: 1, worker: "acme", started_at: NOW });
    await expect(bench.db.write((tx) => leaseBuild(tx, BUILD_ID, "acme", NOW))).rejects.toThrow(BuildGone);
  });
});

describe("setRunner", () => {
  it("is fenced", async () => {
    const gone = JSON.stringify({ pid: 1, started: "before this machine was" });
    await setState("BUILDING");

    await bench.db.write((tx) => setRunner(tx, { id: BUILD_ID, attempt: 1, fence: 1 }, gone));
    const stale = bench.db.write((tx) => setRunner(tx, { id: BUILD_ID, attempt: 1, fence: 0 }, "x"));

    await expect(stale).rejects.toThrow(BuildGone);
    expect((await bench.row()).runner).toBe(gone);
  });
});

describe("requestCancel", () => {
  it.each([
    ["QUEUED", "cancelled", "CANCELLED"],
    ["DEP_WAIT", "cancelled", "CANCELLED"],
    ["LEASED", "requested", "LEASED"],
    ["BUILDING", "requested", "BUILDING"],
    ["UPLOADING", "requested", "UPLOADING"],
    ["BUILT", "ended", "BUILT"],
    ["FAILED", "ended", "FAILED"],
  ])("of a build %s is %s", async (state, answer, after) => {
    await setState(state);

    expect(await bench.db.write((tx) => requestCancel(tx, BUILD_ID, NOW, "cancelled"))).toBe(answer);

    expect(await bench.row()).toMatchObject({ state: after });
  });
});
