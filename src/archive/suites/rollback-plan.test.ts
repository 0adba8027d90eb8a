import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareVersions } from "#deb";
import { dropRollback, type RollbackEntry, releasesToLeave, shiftRollbacks } from "./rollback-plan.ts";

const entry = fc
  .record({ releaseId: fc.integer({ min: 1, max: 50 }), number: fc.integer({ min: 1, max: 6 }) })
  .map(({ releaseId, number }): RollbackEntry => ({ releaseId, version: `${number}` }));

const operation = fc.oneof(
  fc.record({ kind: fc.constant("shift" as const), entry }),
  fc.record({ kind: fc.constant("drop" as const), position: fc.integer({ min: 0, max: 7 }) }),
);

const at = (releaseId: number, version: string): RollbackEntry => ({ releaseId, version });

describe("rollback lists", () => {
  test("any sequence of shifts and drops keeps at most N, no version twice, the last shifted in front", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        fc.array(operation, { maxLength: 40 }),
        (limit, operations) => {
          let list: RollbackEntry[] = [];
          for (const step of operations) {
            const before = list;
            list =
              step.kind === "shift"
                ? shiftRollbacks(list, step.entry, limit)
                : dropRollback(list, step.position);
            if (step.kind === "shift" && limit > 0) expect(list[0]).toBe(step.entry);
            if (step.kind === "drop" && step.position < before.length)
              expect(list).toHaveLength(before.length - 1);
            expect(list.length).toBeLessThanOrEqual(limit);
            expect(new Set(list.map(({ version }) => version)).size).toBe(list.length);
          }
        },
      ),
    );
  });

  test("a shift keeps the order of the others", () => {
    const list = [at(3, "3"), at(2, "2"), at(1, "1")];

    expect(shiftRollbacks(list, at(4, "4"), 3)).toEqual([at(4, "4"), at(3, "3"), at(2, "2")]);
    expect(shiftRollbacks(list, at(9, "2-0"), 3)).toEqual([at(9, "2-0"), at(3, "3"), at(1, "1")]);
    expect(shiftRollbacks(list, at(4, "4"), 0)).toEqual([]);
  });

  test("a new release replaces all, or the lowest beyond the number of versions kept", () => {
    const current = [at(1, "10"), at(2, "9"), at(3, "11")];

    const leaving = (limit: number) => releasesToLeave(current, limit, compareVersions).map((r) => r.version);

    expect(leaving(1)).toEqual(["9", "10", "11"]);
    expect(leaving(3)).toEqual(["9"]);
    expect(leaving(4)).toEqual([]);
  });
});
