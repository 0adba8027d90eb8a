import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareVersions } from "#deb";
import { planAdd, planInstall } from "./plan-add.ts";
import { planCopy } from "./plan-copy.ts";
import { planDropRollback, planRemove, planRestore } from "./plan-remove.ts";
import type { Entry, Held, RollbackList, SuiteChange, SuiteState } from "./suite-state.ts";

const empty = (rollbacks: number, versions: number): SuiteState => ({
  suite: { name: "stable", components: ["main"], architectures: ["amd64", "arm64"], rollbacks, versions },
  members: [],
  lists: [],
});

/** The same package for the same version and architecture, as rows are. */
function held(version: number, arch: string, releaseId: number | null): Held {
  return {
    packageId: version * 10 + (arch === "amd64" ? 1 : 2),
    kind: "deb",
    name: "hello",
    version: `${version}`,
    arch,
    source: "hello",
    sourceVersion: `${version}`,
    component: "main",
    releaseId,
    membershipId: null,
  };
}

/** Releases are numbered by their version: a version is built once. */
function release(version: number): Entry {
  const packages = ["amd64", "arm64"].map((arch) => held(version, arch, version));
  return { component: "main", source: "hello", version: `${version}`, releaseId: version, packages };
}

let ids = 0;

/** The state after a change, as rows would have it. */
function withChange(state: SuiteState, { removed, added, lists }: SuiteChange): SuiteState {
  const gone = new Set(removed.map(({ membershipId }) => membershipId));
  const come = added.map((item) => {
    ids += 1;
    return { ...item, membershipId: ids };
  });
  return {
    suite: state.suite,
    members: [...state.members.filter(({ membershipId }) => !gone.has(membershipId)), ...come],
    lists: lists.map(({ component, source, after: entries }): RollbackList => {
      const rows = entries.map(({ releaseId, version }, position) => {
        ids += 1;
        return { id: ids, position, releaseId, version };
      });
      return { component, source, rows };
    }),
  };
}

const versionsOf = (state: SuiteState) =>
  [...new Set(state.members.map(({ sourceVersion }) => sourceVersion))].sort(compareVersions);
const listOf = (state: SuiteState) => state.lists[0]?.rows.map(({ version }) => version) ?? [];

const version = fc.integer({ min: 1, max: 6 });
const operation = fc.oneof(
  fc.record({ kind: fc.constant("install" as const), version, force: fc.boolean() }),
  fc.record({ kind: fc.constant("copy" as const), version, force: fc.boolean() }),
  fc.record({ kind: fc.constant("add" as const), version, force: fc.boolean() }),
  fc.record({ kind: fc.constant("remove" as const), version, keepRollback: fc.boolean() }),
  fc.record({ kind: fc.constant("drop" as const), version }),
  fc.record({ kind: fc.constant("restore" as const), version }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function planned(state: SuiteState, step: Operation): SuiteChange {
  const at = { component: "main", source: "hello", position: step.version % 3 };
  switch (step.kind) {
    case "install":
      return planInstall(state, release(step.version), step.force).change;
    case "copy":
      return planCopy(state, { items: release(step.version).packages, component: "main", force: step.force })
        .change;
    case "add":
      return planAdd(state, [held(step.version, "amd64", null)], step.force).change;
    case "remove": {
      const items = state.members.filter(({ sourceVersion }) => sourceVersion === `${step.version}`);
      return planRemove(state, { ...at, items, keepRollback: step.keepRollback });
    }
    case "drop":
      return planDropRollback(state, at);
    case "restore": {
      const row = state.lists[0]?.rows[at.position];
      const live = state.members.some(({ releaseId }) => releaseId === row?.releaseId);
      // Callers refuse what is not there, or live already.
      if (row === undefined || live) return { removed: [], added: [], lists: unchanged(state) };
      return planRestore(state, { entry: release(Number(row.version)), position: at.position });
    }
  }
}

const unchanged = (state: SuiteState) => state.lists.map((list) => ({ ...list, after: list.rows }));

describe("plans", () => {
  test("any sequence keeps every package once, versions and rollbacks within their numbers, and versions rising", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(operation, { maxLength: 40 }),
        (rollbacks, versions, steps) => {
          let state = empty(rollbacks, versions);
          for (const step of steps) {
            const change = planned(state, step);
            const next = withChange(state, change);
            const keys = next.members.map(({ packageId }) => packageId);
            expect(new Set(keys).size).toBe(keys.length);
            expect(listOf(next).length).toBeLessThanOrEqual(rollbacks);
            expect(new Set(listOf(next)).size).toBe(listOf(next).length);
            const releases = new Set(next.members.flatMap(({ releaseId }) => releaseId ?? []));
            expect(releases.size).toBeLessThanOrEqual(versions);
            for (const arch of ["amd64", "arm64"]) {
              const loose = next.members.filter((item) => item.arch === arch);
              if (versions === 1) expect(loose.length).toBeLessThanOrEqual(1);
            }
            if ("force" in step && !step.force && change.added.length > 0) {
              const lowered = change.removed.filter(
                ({ version: left }) => compareVersions(left, `${step.version}`) > 0,
              );
              expect(lowered).toEqual([]);
            }
            expect(JSON.parse(JSON.stringify(change))).toEqual(change);
            state = next;
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("what leaves a suite of one version is in front of its rollbacks, and comes back to where it was", () => {
    const first = withChange(empty(3, 1), planInstall(empty(3, 1), release(1), false).change);
    const second = withChange(first, planInstall(first, release(2), false).change);
    expect([versionsOf(second), listOf(second)]).toEqual([["2"], ["1"]]);

    const restored = withChange(second, planRestore(second, { entry: release(1), position: 0 }));

    expect([versionsOf(restored), listOf(restored)]).toEqual([["1"], ["2"]]);
  });

  test("the same again changes nothing", () => {
    const state = withChange(empty(1, 1), planInstall(empty(1, 1), release(1), false).change);

    const { change, skipped } = planCopy(state, {
      items: release(1).packages,
      component: "main",
      force: true,
    });

    expect(change).toMatchObject({ removed: [], added: [] });
    expect(skipped).toMatchObject([{ version: "1", reason: "same" }]);
  });
});
