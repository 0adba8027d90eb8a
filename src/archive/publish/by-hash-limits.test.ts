import fc from "fast-check";
import { expect, test } from "vitest";
import { BY_HASH_LIMITS, beyondLimits } from "./by-hash-limits.ts";

const MINUTE = 60_000;
const NOW = 1_000 * MINUTE;
const LIMITS = { keptMs: 0, freshMs: 5 * MINUTE, maxBytes: 100, maxFiles: 10 };

const list = (minutesAgo: number, bytes: number, files = 1) => ({
  ...{ endedAt: NOW - minutesAgo * MINUTE, bytes, files },
});
const ages = (all: readonly { endedAt: number }[]) => all.map(({ endedAt }) => (NOW - endedAt) / MINUTE);

test.each([
  ["nothing, while there is room", [list(600, 50), list(30, 50)], []],
  ["the oldest, when bytes are too many", [list(600, 1), list(30, 60), list(20, 60)], [600, 30]],
  ["the oldest, when files are too many", [list(40, 1, 6), list(30, 1, 5), list(20, 1, 5)], [40]],
  ["nothing that is fresh, however much it is", [list(40, 1), list(4, 500), list(0, 500)], [40]],
])("goes: %s", (_what, all, expected) => {
  expect(ages(beyondLimits(all, NOW, LIMITS))).toEqual(expected);
});

test("what stays fits, but for what is fresh; nothing older stays for something newer", () => {
  const some = fc.array(
    fc.record({
      endedAt: fc.integer({ min: NOW - 2000 * MINUTE, max: NOW }),
      bytes: fc.integer({ min: 0, max: 80 }),
      files: fc.integer({ min: 0, max: 4 }),
    }),
  );
  fc.assert(
    fc.property(some, (all) => {
      const gone = beyondLimits(all, NOW, LIMITS);
      const stays = all.filter((each) => !gone.includes(each));
      const old = stays.filter(({ endedAt }) => NOW - endedAt > LIMITS.freshMs);
      if (old.length > 0) {
        expect(stays.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(LIMITS.maxBytes);
        expect(stays.reduce((sum, { files }) => sum + files, 0)).toBeLessThanOrEqual(LIMITS.maxFiles);
      }
      const oldestStaying = Math.min(...stays.map(({ endedAt }) => endedAt));
      for (const { endedAt } of gone) {
        expect(NOW - endedAt).toBeGreaterThan(LIMITS.freshMs);
        expect(endedAt).toBeLessThanOrEqual(oldestStaying);
      }
    }),
  );
});

test("what a client may still need has room for a few minutes of anything", () => {
  expect(BY_HASH_LIMITS.freshMs).toBeGreaterThanOrEqual(2 * MINUTE);
  expect(BY_HASH_LIMITS.freshMs).toBeLessThan(BY_HASH_LIMITS.keptMs);
});
