import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryToGive, tasksToGive } from "./limits-now.ts";

const GIB = 1024 ** 3;
const give = (slots: number, sharers: number, others: readonly (number | null)[], budget = 16) => {
  const bytes = others.map((gibibytes) => (gibibytes === null ? null : gibibytes * GIB));
  return memoryToGive({ budgetBytes: budget * GIB, slots, sharers, others: bytes }) / GIB;
};

describe("a build that begins gets of the memory", () => {
  test.each<[string, number, number, readonly (number | null)[], number]>([
    ["all of it where builds have one slot", 1, 1, [], 16],
    ["its own part and all that is lent when it is alone", 4, 1, [], 10],
    ["its own part when another has all that is lent", 4, 2, [10], 2],
    ["its own part also as the last", 4, 4, [10, 2, 2], 2],
    ["an equal share when all begin together", 4, 4, [4, 4, 4], 4],
    ["what is left of what is lent", 4, 2, [6], 6],
    ["its own part where nobody knows what another has", 4, 2, [null], 2],
    ["at least one GiB", 30, 30, [], 1],
  ])("%s", (_, slots, sharers, others, gibibytes) => {
    expect(give(slots, sharers, others)).toBe(gibibytes);
  });

  test("never more than all have together, in whatever order builds come and go", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.record({ ends: fc.nat(), queued: fc.nat({ max: 12 }), begins: fc.boolean() })),
        (slots, steps) => {
          const running: number[] = [];
          for (const { ends, queued, begins } of steps) {
            if (!begins) running.splice(ends % (running.length + 1), 1);
            else if (running.length < slots) {
              const sharers = Math.min(slots, running.length + 1 + queued);
              running.push(give(slots, sharers, running));
            }
            expect(running.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(16);
          }
        },
      ),
    );
  });
});

test.each([
  [193_102, 2, 48_275],
  [4096, 4, 512],
  [1000, 16, 256],
])("of %i processes that the machine can have, one of %i builds may have %i", (machine, slots, tasks) => {
  expect(tasksToGive(machine, slots)).toBe(tasks);
});
