import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Row } from "#db";
import type { RunnerTask } from "./runner/task.ts";
import { BUILD_ID, openWorkerBench, type WorkerBench } from "./worker-test-support.ts";

let bench: WorkerBench;
afterEach(() => bench.close());

/** What the runner is told, with so many others that wait for a slot, or are as told. */
async function taskOf(
  deps: Parameters<typeof openWorkerBench>[0],
  others: number,
  change: Partial<Pick<Row<"build">, "state" | "worker" | "memory_bytes">> = {},
): Promise<RunnerTask> {
  bench = await openWorkerBench(deps);
  bench.setMode("hang");
  const { id: _, ...row } = await bench.row();
  await bench.db.write(async (tx) => {
    for (let index = 0; index < others; index += 1) {
      const other = { ...row, arch: `x${index}`, bkey: `${row.bkey}${index}`, ...change };
      await tx.insertInto("build").values(other).execute();
    }
  });
  const handled = bench.handle();
  const task = await readTask(join(bench.deps.home.work, String(BUILD_ID), "description.json"));
  bench.finish();
  await handled.catch(() => undefined);
  return task;
}

async function readTask(path: string): Promise<RunnerTask> {
  for (;;) {
    try {
      return JSON.parse(readFileSync(path, "utf8")) as RunnerTask;
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const GIB = 1024 ** 3;

test.each([
  ["all that is lent and what its slot has when it is alone", {}, 0, "parallel=4", 10],
  ["its share among others", {}, 1, "parallel=2", 6],
  ["what its slot has, however many wait", {}, 9, "parallel=1", 4],
  ["all of it where builds have one slot", { slots: 1 }, 9, "parallel=4", 16],
  ["at least one processor and one GiB", { slots: 30 }, 29, "parallel=1", 1],
  ["what was said, where somebody did", { limits: { cpus: 1, memoryBytes: 2 * GIB } }, 0, "parallel=1", 2],
])("a build that begins gets %s", async (_, deps, others, parallel, gibibytes) => {
  const task = await taskOf({ slots: 4, processors: 4, memoryBytes: 20 * GIB, ...deps }, others);

  expect(task.env.DEB_BUILD_OPTIONS).toBe(parallel);
  expect(task.limits.memoryBytes).toBe(gibibytes * GIB);
});

test.each([
  ["what is left of the memory when another has much of it", "acme", 10 * GIB, 2],
  ["its share while one of another machine runs", "other", 10 * GIB, 6],
])("a build that begins gets %s", async (_, worker, memory_bytes, gibibytes) => {
  const running = { state: "BUILDING", worker, memory_bytes };

  const task = await taskOf({ slots: 4, processors: 4, memoryBytes: 20 * GIB }, 1, running);

  expect(task.limits.memoryBytes).toBe(gibibytes * GIB);
  expect(await bench.row()).toMatchObject({ memory_bytes: gibibytes * GIB });
});
