import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { type BuildCgroup, createCgroup } from "./cgroup.ts";
import { freeBytes } from "./disk.ts";
import { cleanLeftovers } from "./leftovers.ts";
import { hashFiles, ownIdentity, writeFirst, writeWhole } from "./machine.ts";
import { type EndedBy, type RunnerClaim, type RunnerResult, type RunnerTask, WORK_FILES } from "./task.ts";
import { appendLine, cutLog, logSize, startTool, type ToolEnd } from "./tool.ts";
import { isCancelled, type Orders, watchBuild } from "./watch.ts";

interface Run {
  readonly end: ToolEnd;
  readonly endedBy: EndedBy | null;
  readonly sbuildMs: number;
}

/** Makes the one build that `<W>/description.json` describes and leaves `<W>/result.json`. False: somebody else does. */
export async function runBuild(workDir: string, orders: Orders): Promise<boolean> {
  const task = JSON.parse(readFileSync(join(workDir, WORK_FILES.task), "utf8")) as RunnerTask;
  const { build, attempt, fence, run: number } = task;
  const claim: RunnerClaim = { ...ownIdentity(), attempt, fence, run: number };
  if (!(await writeFirst(join(workDir, WORK_FILES.runner), claim))) return false;
  appendLine(workDir, `mini-buildd: build ${build}, attempt ${attempt}, resolver ${task.resolver}`);
  const from = logSize(workDir);
  const cgroup = createCgroup(task.cgroups, groupName(workDir), task.limits);
  const run = await runTool(workDir, task, cgroup, orders);
  await cleanLeftovers(workDir);
  if (run.endedBy === "log_limit") cutLog(workDir, task.limits.logBytes);
  const result: RunnerResult = {
    build,
    attempt,
    fence,
    run: number,
    ...run.end,
    endedBy: run.endedBy,
    log: { from, to: logSize(workDir) },
    sbuildMs: run.sbuildMs,
    peakMemoryBytes: cgroup.peakBytes(),
    limits: cgroup.report,
    ...(await hashFiles(join(workDir, "out"))),
  };
  await writeWhole(join(workDir, WORK_FILES.result), result);
  cgroup.remove();
  return true;
}

/** Several instances may share the machine's places, so a number alone would not do. */
function groupName(workDir: string): string {
  return `build-${createHash("sha256").update(workDir).digest("hex").slice(0, 16)}`;
}

async function runTool(workDir: string, task: RunnerTask, cgroup: BuildCgroup, orders: Orders): Promise<Run> {
  const early = await refusal(workDir, task, orders);
  if (early !== null) return { end: { exitCode: null, signal: null }, endedBy: early, sbuildMs: 0 };
  const began = performance.now();
  const tool = startTool(workDir, task, cgroup);
  const over = new AbortController();
  const ended = tool.ended.finally(() => over.abort());
  try {
    const endedBy = await watchBuild(workDir, task, cgroup, orders, over.signal);
    if (endedBy !== null) {
      appendLine(workDir, `mini-buildd: the build is ended (${endedBy})`);
      await tool.stop();
    }
    return { end: await ended, endedBy, sbuildMs: Math.round(performance.now() - began) };
  } finally {
    // Also when looking failed: a build without its runner would have no limits.
    tool.kill();
  }
}

/** Why the build is not even begun, if so. */
async function refusal(workDir: string, task: RunnerTask, orders: Orders): Promise<EndedBy | null> {
  if (isCancelled(workDir)) return "cancel";
  if (orders.terminated()) return "terminated";
  const free = await freeBytes(dirname(workDir));
  if (free >= task.limits.diskFreeBytes) return null;
  appendLine(workDir, `mini-buildd: only ${free} bytes are free; ${task.limits.diskFreeBytes} must be`);
  return "disk_start";
}
