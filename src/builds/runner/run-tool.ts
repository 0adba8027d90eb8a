import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import { killBelow } from "#platform";
import { type BuildCgroup, createCgroup } from "./cgroup.ts";
import { createRoomMark, type RoomMark } from "./disk.ts";
import { cleanLeftovers } from "./leftovers.ts";
import type { CgroupPlaces, EndedBy, RunnerResult } from "./task.ts";
import { appendLine, cutLog, startTool, type ToolCall, type ToolEnd } from "./tool.ts";
import { type Orders, type Watched, watchBuild } from "./watch.ts";

export interface ToolRun extends ToolEnd {
  readonly endedBy: EndedBy | null;
  readonly ms: number;
  readonly peakMemoryBytes: number | null;
  readonly kept: RunnerResult["limits"];
}

export interface LimitedCall extends ToolCall, Watched {
  /** Distinguishes the control groups of one build; each tool has its own, so that each has its own count. */
  readonly name: string;
  readonly cgroups: CgroupPlaces;
}

/**
 * Runs one tool of the build to its end, inside all limits; no process of it is left. One that is ended for a limit leaves
 * nothing else either; of others the chroots are there, for the caller to remove.
 */
export async function runTool(workDir: string, call: LimitedCall, orders: Orders): Promise<ToolRun> {
  const cgroup = createCgroup(call.cgroups, groupName(workDir, call.name), call.limits);
  const room = createRoomMark(workDir);
  try {
    const run = await runWatched(workDir, call, { cgroup, room, orders });
    if (run.endedBy === null) await killBelow(workDir);
    else await cleanLeftovers(workDir);
    if (run.endedBy === "log_limit") cutLog(workDir, call.limits.logBytes, call.log);
    return { ...run, peakMemoryBytes: cgroup.peakBytes(), kept: cgroup.report };
  } finally {
    room.clear();
    cgroup.remove();
  }
}

/** Several instances may share the machine's places, so a number alone would not do. */
function groupName(workDir: string, name: string): string {
  return `build-${createHash("sha256").update(workDir).digest("hex").slice(0, 16)}-${name}`;
}

interface Watch {
  readonly cgroup: BuildCgroup;
  readonly room: RoomMark;
  readonly orders: Orders;
}

async function runWatched(workDir: string, call: LimitedCall, { cgroup, room, orders }: Watch) {
  const began = performance.now();
  const tool = startTool(workDir, call, cgroup);
  const over = new AbortController();
  const ended = tool.ended.finally(() => over.abort());
  try {
    const endedBy = await watchBuild(workDir, call, cgroup, orders, over.signal);
    if (endedBy === "disk_limit") room.set();
    if (endedBy !== null) {
      appendLine(workDir, `mini-buildd: the build is ended (${endedBy})`, call.log);
      await tool.stop();
    }
    const end = await ended;
    // A stop of the machine reaches the tool, too, which may end before we look: that is not what the package did.
    const stopped = orders.terminated() && end.exitCode !== 0;
    const ms = Math.round(performance.now() - began);
    return { ...end, endedBy: endedBy ?? (stopped ? ("terminated" as const) : null), ms };
  } finally {
    // Also when looking failed: a build without its runner would have no limits.
    tool.kill();
  }
}
