import { describe, expect, it } from "vitest";
import { decideEnd, type Sample } from "./limits.ts";

const LIMITS = {
  totalSeconds: 100,
  stalledSeconds: 50,
  logBytes: 1000,
  diskFreeBytes: 1,
  tasks: 100,
  memoryBytes: null,
};
const FINE: Sample = {
  elapsedMs: 100_000,
  sinceOutputMs: 50_000,
  logBytes: 1000,
  cancelled: false,
  terminated: false,
  outOfMemory: false,
  diskFull: false,
};

describe("decideEnd", () => {
  it.each<[string | null, Partial<Sample>]>([
    [null, {}],
    ["timeout_total", { elapsedMs: 100_001 }],
    ["timeout_stalled", { sinceOutputMs: 50_001 }],
    ["log_limit", { logBytes: 1001 }],
    ["disk_limit", { diskFull: true }],
    ["memory_limit", { outOfMemory: true, logBytes: 1001 }],
    ["terminated", { terminated: true, outOfMemory: true }],
    ["cancel", { cancelled: true, terminated: true, elapsedMs: 200_000 }],
  ])("%s for %j", (end, change) => {
    expect(decideEnd({ ...FINE, ...change }, LIMITS)).toBe(end);
  });
});
