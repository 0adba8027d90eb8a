import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { RunnerTask } from "./runner/task.ts";
import { BUILD_ID, openWorkerBench, type WorkerBench } from "./worker-test-support.ts";

let bench: WorkerBench;
afterEach(() => bench.close());

/** What the build is told of processors, with so many others that wait for a slot. */
async function parallelOf(deps: Parameters<typeof openWorkerBench>[0], others: number): Promise<string> {
  bench = await openWorkerBench(deps);
  bench.setMode("hang");
  const { id: _, ...row } = await bench.row();
  await bench.db.write(async (tx) => {
    for (let index = 0; index < others; index += 1) {
      const other = { ...row, arch: `x${index}`, bkey: `${row.bkey}${index}` };
      await tx.insertInto("build").values(other).execute();
    }
  });
  const handled = bench.handle();
  const task = await readTask(join(bench.deps.home.work, String(BUILD_ID), "description.json"));
  bench.finish();
  await handled.catch(() => undefined);
  return task.env.DEB_BUILD_OPTIONS ?? "";
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

test.each([
  ["all processors when it is alone", {}, 0, "parallel=4"],
  ["its share of them when others wait", {}, 1, "parallel=2"],
  ["at least one", {}, 9, "parallel=1"],
  ["what was said, where somebody did", { limits: { cpus: 1 } }, 0, "parallel=1"],
])("a build that begins gets %s", async (_, deps, others, expected) => {
  expect(await parallelOf({ processors: 4, ...deps }, others)).toBe(expected);
});
