import { performance } from "node:perf_hooks";
import { killBelow } from "#platform";
import { type BuildCgroup, createCgroup, groupName, type ToolName } from "./cgroup.ts";
import { createRoomMark, type RoomMark } from "./disk.ts";
import { cleanLeftovers } from "./leftovers.ts";
import type { CgroupPlaces, EndedBy, RunnerResult } from "./task.ts";
import { appendLine, cutLog, logSize, startTool, type Tool, type ToolCall, type ToolEnd } from "./tool.ts";
import { type Orders, type Watched, watchBuild } from "./watch.ts";

export interface ToolRun extends ToolEnd {
  readonly endedBy: EndedBy | null;
  /** There was hardly any room on the disk: what failed may have failed for want of it. */
  readonly starved: boolean;
  readonly ms: number;
  readonly peakMemoryBytes: number | null;
  readonly kept: RunnerResult["limits"];
}

export interface LimitedCall extends ToolCall, Watched {
  /** Distinguishes the control groups of one build; each tool has its own, so that each has its own count. */
  readonly name: ToolName;
  readonly cgroups: CgroupPlaces;
}

/**
 * Runs one tool of the build to its end, inside all limits; no process of it is left. One that is ended for a limit leaves
 * nothing else either; of others the chroots are there, for the caller to remove.
 */
export async function runTool(workDir: string, call: LimitedCall, orders: Orders): Promise<ToolRun> {
  const { logBytes } = call.limits;
  const cgroup = createCgroup(call.cgroups, groupName(workDir, call.name), call.limits);
  const room = createRoomMark(workDir);
  try {
    const tool = startTool(workDir, call, logBytes, cgroup);
    const run = await runWatched(workDir, call, { tool, cgroup, room, orders });
    if (run.endedBy === null) await killBelow(workDir);
    else await cleanLeftovers(workDir);
    await tool.drained();
    const endedBy = run.endedBy ?? (logSize(workDir, call.log) > logBytes ? ("log_limit" as const) : null);
    if (endedBy === "log_limit") cutLog(workDir, logBytes, call.log);
    return { ...run, endedBy, peakMemoryBytes: cgroup.peakBytes(), kept: cgroup.report };
  } finally {
    room.clear();
    cgroup.remove();
  }
}

interface Watch {
  readonly tool: Tool;
  readonly cgroup: BuildCgroup;
  readonly room: RoomMark;
  readonly orders: Orders;
}

/** Of these it takes more with every moment that it may still run. */
const ENDED_AT_ONCE: readonly (EndedBy | null)[] = ["disk_limit", "log_limit", "memory_limit"];

async function runWatched(workDir: string, call: LimitedCall, { tool, cgroup, room, orders }: Watch) {
  const began = performance.now();
  const over = new AbortController();
  const ended = tool.ended.finally(() => over.abort());
  try {
    const { endedBy, starved } = await watchBuild(workDir, call, cgroup, orders, over.signal);
    if (ENDED_AT_ONCE.includes(endedBy)) tool.kill();
    if (endedBy === "disk_limit") room.set();
    if (endedBy !== null) {
      appendLine(workDir, `mini-buildd: the build is ended (${endedBy})`, call.log);
      await tool.stop();
    }
    const end = await ended;
    // A stop of the machine reaches the tool, too, which may end before we look: that is not what the package did.
    const stopped = orders.terminated() && end.exitCode !== 0;
    const ms = Math.round(performance.now() - began);
    return { ...end, endedBy: endedBy ?? (stopped ? ("terminated" as const) : null), starved, ms };
  } finally {
    // Also when looking failed: a build without its runner would have no limits.
    tool.kill();
  }
}
