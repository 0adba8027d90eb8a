import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareVersions } from "#deb";
import {
  dropRollback,
  expireRollbacks,
  type RollbackEntry,
  releasesToLeave,
  shiftRollbacks,
} from "./rollback-plan.ts";

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

  const pinned = (releaseId: number, version: string) => ({ ...at(releaseId, version), pinned: true });
  const versionsOf = (list: readonly RollbackEntry[]) => list.map(({ version }) => version);
  test.each([
    ["the last that is not pinned goes", [at(3, "3"), at(2, "2"), pinned(1, "1")], ["4", "3", "1"]],
    [
      "two go, where a number became lower",
      [at(3, "3"), at(2, "2"), at(5, "5"), pinned(1, "1")],
      ["4", "3", "1"],
    ],
    [
      "the new one has no room beside pinned ones",
      [3, 2, 1].map((id) => pinned(id, `${id}`)),
      ["3", "2", "1"],
    ],
    ["with room, all stay", [pinned(2, "2"), at(1, "1")], ["4", "2", "1"]],
  ])("pinned: %s", (_what, list, left) => {
    expect(versionsOf(shiftRollbacks(list, at(4, "4"), 3))).toEqual(left);
  });

  test("pinned: a version that comes again keeps its pin; age takes it out as little as number", () => {
    const list = [at(3, "3"), { ...pinned(1, "1"), listedAt: "a" }];

    expect(shiftRollbacks(list, at(9, "1"), 3)).toEqual([pinned(9, "1"), at(3, "3")]);
    expect(versionsOf(expireRollbacks(list, "z"))).toEqual(["3", "1"]);
    expect(versionsOf(dropRollback(list, 1))).toEqual(["3"]);
  });

  test("pinned: nothing but a drop takes them out, whatever comes", () => {
    const pinnedEntry = fc.record({ entry, isPinned: fc.boolean() }).map(({ entry: own, isPinned }) => ({
      ...own,
      ...(isPinned ? { pinned: true } : {}),
    }));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(pinnedEntry, { maxLength: 12 }),
        (limit, entries) => {
          let list: RollbackEntry[] = [];
          for (const each of entries) {
            const before = list.filter((it) => it.pinned === true).map(({ version }) => version);
            list = shiftRollbacks(list, each, limit);
            expect(versionsOf(list)).toEqual(expect.arrayContaining(before));
            expect(list.length).toBeLessThanOrEqual(Math.max(limit, before.length + 1));
            expect(new Set(versionsOf(list)).size).toBe(list.length);
          }
        },
      ),
    );
  });

  const aged = (releaseId: number, listedAt?: string | null): RollbackEntry => ({
    ...at(releaseId, `${releaseId}`),
    ...(listedAt === undefined ? {} : { listedAt }),
  });
  test.each([
    ["nothing is old", [aged(3, "c"), aged(2, "b")], "a", [3, 2]],
    ["what came at that time stays", [aged(3, "c"), aged(2, "b"), aged(1, "a")], "b", [3, 2]],
    [
      "the old in the middle goes, and the others move up",
      [aged(3, "c"), aged(2, "a"), aged(1, "c")],
      "b",
      [3, 1],
    ],
    ["all are old", [aged(2, "b"), aged(1, "a")], "c", []],
    ["an unknown age stays, and so does what comes now", [aged(3), aged(2, null), aged(1, "a")], "z", [3, 2]],
  ])("by age: %s", (_what, list, before, left) => {
    expect(expireRollbacks(list, before).map(({ releaseId }) => releaseId)).toEqual(left);
  });

  test("by age just the old go, the others keep their order, and doing it again changes nothing", () => {
    const time = fc.option(fc.constantFrom("a", "b", "c", "d"));
    fc.assert(
      fc.property(fc.array(time, { maxLength: 8 }), fc.constantFrom("a", "b", "c", "d"), (times, before) => {
        const list = times.map((listedAt, index) => aged(index, listedAt));

        const left = expireRollbacks(list, before);

        const ids = left.map(({ releaseId }) => releaseId);
        expect(ids).toEqual([...ids].sort((a, b) => a - b));
        for (const entry of list) {
          const isOld = typeof entry.listedAt === "string" && entry.listedAt < before;
          expect(left.includes(entry)).toBe(!isOld);
        }
        expect(expireRollbacks(left, before)).toEqual(left);
      }),
    );
  });

  test("a new release replaces all, or the lowest beyond the number of versions kept", () => {
    const current = [at(1, "10"), at(2, "9"), at(3, "11")];

    const leaving = (limit: number) => releasesToLeave(current, limit, compareVersions).map((r) => r.version);

    expect(leaving(1)).toEqual(["9", "10", "11"]);
    expect(leaving(3)).toEqual(["9"]);
    expect(leaving(4)).toEqual([]);
  });
});
