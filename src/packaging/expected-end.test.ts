import { describe, expect, test } from "vitest";
import { expectedEnds, median } from "./expected-end.ts";

test.each([
  [[], undefined],
  [[7], 7],
  [[9, 1], 5],
  [[100, 1, 3], 3],
  [[4, 1, 3, 2], 2.5],
] as const)("the median of %j is %s", (values, expected) => {
  expect(median(values)).toBe(expected);
});

describe("expectedEnds", () => {
  const at = (running: readonly (number | undefined)[], waitingMs: readonly (number | undefined)[]) =>
    expectedEnds({ now: 100, slots: 2, running, waitingMs });

  test("a build begins when a slot is free", () => {
    expect(at([130, 110], [50, 10, 5])).toEqual([160, 140, 145]);
  });

  test("a free slot is used at once", () => {
    expect(at([500], [10, 20])).toEqual([110, 130]);
  });

  test("one that takes longer than usual may end any moment", () => {
    expect(at([50, 500], [10])).toEqual([110]);
  });

  test("one of unknown length keeps its slot", () => {
    expect(at([undefined, 120], [undefined, 10])).toEqual([undefined, undefined]);
    expect(at([undefined, 120], [10, undefined, 10])).toEqual([130, undefined, undefined]);
  });
});
