import type { EndedBy, RunnerLimits } from "./task.ts";

/** What the runner sees of its build at one moment. */
export interface Sample {
  readonly elapsedMs: number;
  readonly sinceOutputMs: number;
  readonly logBytes: number;
  readonly cancelled: boolean;
  readonly terminated: boolean;
  readonly outOfMemory: boolean;
  /** Too little space is free and no other build uses more of it. */
  readonly diskFull: boolean;
}

/** Whether and why the build must end now. Order: what people asked for, then limits. */
export function decideEnd(sample: Sample, limits: RunnerLimits): EndedBy | null {
  if (sample.cancelled) return "cancel";
  if (sample.terminated) return "terminated";
  if (sample.outOfMemory) return "memory_limit";
  if (sample.diskFull) return "disk_limit";
  if (sample.logBytes > limits.logBytes) return "log_limit";
  if (sample.elapsedMs > limits.totalSeconds * 1000) return "timeout_total";
  if (sample.sinceOutputMs > limits.stalledSeconds * 1000) return "timeout_stalled";
  return null;
}
