import { existsSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { BuildCgroup } from "./cgroup.ts";
import { createDiskWatch } from "./disk.ts";
import { decideEnd } from "./limits.ts";
import { type EndedBy, type RunnerLimits, WORK_FILES } from "./task.ts";
import { logSize } from "./tool.ts";

const LOOK_MS = 500;

export interface Orders {
  /** Whether SIGTERM arrived. */
  terminated(): boolean;
}

/** What the watch needs to know of the tool that runs: its limits and the log it writes. */
export interface Watched {
  readonly limits: RunnerLimits;
  readonly log: string;
}

export interface WatchEnd {
  /** Why the tool must be ended; null: it ended by itself. */
  readonly endedBy: EndedBy | null;
  /** See `DiskWatch`. */
  readonly starved: boolean;
}

/** Looks at the build until it ended (`over` is aborted) or must be ended. */
export async function watchBuild(
  workDir: string,
  { limits, log }: Watched,
  cgroup: BuildCgroup,
  orders: Orders,
  over: AbortSignal,
): Promise<WatchEnd> {
  const began = performance.now();
  let output = { bytes: logSize(workDir, log), at: began };
  const disk = createDiskWatch(workDir, limits.diskFreeBytes);
  try {
    while (!over.aborted) {
      const now = performance.now();
      const bytes = logSize(workDir, log);
      if (bytes !== output.bytes) output = { bytes, at: now };
      const endedBy = decideEnd(
        {
          elapsedMs: now - began,
          sinceOutputMs: now - output.at,
          logBytes: bytes,
          cancelled: isCancelled(workDir),
          terminated: orders.terminated(),
          outOfMemory: cgroup.outOfMemory(),
          diskFull: await disk.mustGiveWay(),
        },
        limits,
      );
      if (endedBy !== null) return { endedBy, starved: disk.starved() };
      await pause(LOOK_MS, over);
    }
    return { endedBy: cgroup.outOfMemory() ? "memory_limit" : null, starved: disk.starved() };
  } finally {
    await disk.close();
  }
}

/** Waits for the time or the signal. Takes its listener off again: there are many turns and one signal. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

export function isCancelled(workDir: string): boolean {
  return existsSync(join(workDir, WORK_FILES.cancel));
}
