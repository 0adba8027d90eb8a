import { describe, expect, test } from "vitest";
import { buildLimit } from "./build-limits.ts";

describe("--build-limit", () => {
  test.each([
    ["total=2h", { totalSeconds: 7200 }],
    ["stalled=90min", { stalledMinutes: 90 }],
    ["stalled=2h", { stalledMinutes: 120 }],
    ["log=10MiB", { logBytes: 10_485_760 }],
    ["memory=4GiB", { memoryBytes: 4_294_967_296 }],
    ["disk-free=0", { diskFreeBytes: 0 }],
    ["tasks=500", { tasks: 500 }],
    ["dep-wait=0", { depWaitSeconds: 0 }],
    ["optional-wait=30s", { optionalWaitSeconds: 30 }],
  ])("%s", (text, expected) => {
    expect(buildLimit(text)).toEqual(expected);
  });

  test("is given several times, the last one of a name counts", () => {
    const given = ["total=2h", "log=1MiB", "total=3h"].reduce<object>(
      (before, text) => buildLimit(text, before),
      {},
    );

    expect(given).toEqual({ totalSeconds: 10_800, logBytes: 1_048_576 });
  });

  test.each([
    "",
    "total",
    "total=",
    "total=-1h",
    "total=1.5h",
    "total=2",
    "total=0",
    "total=2d",
    "total=1constructor",
    "stalled=90s",
    "memory=4GB",
    "memory=999999999999GiB",
    "tasks=15",
    "tasks=500s",
    "cpus=0",
    "nope=1",
    "constructor=1",
  ])("%j is refused", (text) => {
    expect(() => buildLimit(text)).toThrow(/^(It is NAME=VALUE|The value of [a-z-]+ is )/);
  });
});
