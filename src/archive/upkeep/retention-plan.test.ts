import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isForgettable,
  type KeptDistribution,
  type LifeTime,
  planRetention,
  type RetentionState,
} from "./retention-plan.ts";
import { planPublishes } from "./retention-publishes.ts";

/** Times are letters here: only their order counts. Publish n is at the n-th one. */
const timeOf = (publish: number) => String.fromCharCode("a".charCodeAt(0) + publish);
const LAST = 9;

const live: KeptDistribution = {
  id: 1,
  liveId: null,
  position: null,
  publishedPublish: LAST,
  keepSince: timeOf(5),
  keptPublishes: [],
};

describe("a row", () => {
  const row = (added: number, removed: number | null): LifeTime => ({
    id: 1,
    releaseId: null,
    added,
    removed,
    removedAt: removed === null ? null : timeOf(removed),
  });
  test.each([
    ["of the present stays", row(1, null), {}, false],
    ["that ended before what is kept goes", row(1, 4), {}, true],
    ["of the state at the beginning of what is kept stays", row(1, 5), {}, false],
    ["of a pinned publish stays", row(1, 4), { keptPublishes: [3] }, false],
    ["that came with a pinned publish stays", row(3, 4), { keptPublishes: [3] }, false],
    ["that went with a pinned publish goes", row(1, 3), { keptPublishes: [3] }, true],
    ["whose end is not published stays", row(1, 4), { publishedPublish: 3 }, false],
    ["whose end is older than all publishes goes", { ...row(1, 2), removedAt: null }, {}, true],
  ])("%s", (_name, life, change, expected) => {
    expect(isForgettable(life, { ...live, ...change })).toBe(expected);
  });
});

const publish = fc.integer({ min: 1, max: LAST });
const life = fc.tuple(publish, fc.option(publish)).map(([added, end]) => {
  const removed = end === null || end <= added ? null : end;
  return { added, removed, removedAt: removed === null ? null : timeOf(removed) };
});
const small = fc.integer({ min: 1, max: 6 });
const ids = [1, 2, 3, 4, 5, 6];

const state: fc.Arbitrary<RetentionState> = fc
  .record({
    pins: fc.array(publish, { maxLength: 2 }),
    snapshots: fc.array(publish, { maxLength: 2 }),
    since: publish,
    published: fc.integer({ min: 5, max: LAST }),
    busy: fc.subarray(["s1", "s2"]),
    young: fc.integer({ min: 6, max: LAST + 1 }),
    members: fc.array(fc.tuple(life, small, fc.option(small)), { maxLength: 12 }),
    lists: fc.array(fc.tuple(life, small, fc.integer({ min: 0, max: 2 })), { maxLength: 8 }),
    created: fc.array(publish, { minLength: 6, maxLength: 6 }),
    parts: fc.array(fc.tuple(small, small), { maxLength: 10 }),
    files: fc.array(fc.tuple(small, small), { maxLength: 12 }),
  })
  .map(({ pins, snapshots, since, published, busy, young, members, lists, created, parts, files }) => {
    const common = { publishedPublish: published, keepSince: timeOf(since) };
    const aged = ids.map((id) => ({ id, source: `s${id % 3}`, createdAt: timeOf(created[id - 1] ?? 1) }));
    // What a membership names of a release is in that release.
    const released = members.flatMap(([, packageId, releaseId]) =>
      releaseId === null ? [] : [{ releaseId, packageId }],
    );
    return {
      distributions: [
        { ...common, id: 1, liveId: null, position: null, keptPublishes: [...pins, ...snapshots] },
        { ...common, id: 2, liveId: 1, position: 0, keptPublishes: pins },
      ],
      busySources: new Set(busy),
      youngSince: timeOf(young),
      memberships: members.map(([each, packageId, releaseId], id) => ({
        ...each,
        ...{ id, distributionId: 1, packageId, releaseId },
      })),
      rollbacks: lists.map(([each, releaseId, position], id) => ({
        ...each,
        ...{ id, distributionId: 1, releaseId, position },
      })),
      releases: aged,
      releasePackages: [...released, ...parts.map(([releaseId, packageId]) => ({ releaseId, packageId }))],
      packages: aged,
      packageFiles: files.map(([packageId, file]) => ({ packageId, path: `f${file}` })),
      files: aged.map(({ id, createdAt }) => ({ path: `f${id}`, sha256: `${id}`, sizeBytes: id, createdAt })),
    };
  });

/** Packages and releases that a distribution showed at a publish, and all that may come back of them. */
function shownAt(all: RetentionState, distribution: KeptDistribution, at: number): Set<string> {
  const lives = (row: LifeTime) => row.added <= at && (row.removed === null || row.removed > at);
  const shown = new Set<string>();
  const release = (id: number | null) => {
    if (id === null) return;
    shown.add(`release ${id}`);
    for (const part of all.releasePackages) if (part.releaseId === id) shown.add(`package ${part.packageId}`);
  };
  const own = distribution.liveId === null;
  for (const row of all.memberships.filter((each) => own && lives(each))) {
    shown.add(`package ${row.packageId}`);
    release(row.releaseId);
  }
  for (const row of all.rollbacks.filter((each) => !own && lives(each)))
    if (row.position === distribution.position) release(row.releaseId);
  for (const { packageId, path } of all.packageFiles)
    if (shown.has(`package ${packageId}`) && all.files.some((file) => file.path === path)) shown.add(path);
  return shown;
}

function apply(all: RetentionState): RetentionState {
  const plan = planRetention(all);
  const left = <T extends { readonly id: number }>(rows: readonly T[], gone: readonly number[]) =>
    rows.filter(({ id }) => !gone.includes(id));
  return {
    ...all,
    memberships: left(all.memberships, plan.memberships),
    rollbacks: left(all.rollbacks, plan.rollbacks),
    releases: left(all.releases, plan.releases),
    releasePackages: all.releasePackages.filter(({ releaseId }) => !plan.releases.includes(releaseId)),
    packages: left(all.packages, plan.packages),
    packageFiles: all.packageFiles.filter(({ packageId }) => !plan.packages.includes(packageId)),
    files: all.files.filter((file) => !plan.files.includes(file)),
  };
}

/** Publishes whose state somebody may still ask for. */
function kept({ keepSince, keptPublishes, publishedPublish }: KeptDistribution): number[] {
  const all = ids.concat(7, 8, LAST);
  // The last publish before the kept time is the state at its beginning.
  const beginning = all.filter((each) => timeOf(each) < keepSince).at(-1);
  return all.filter(
    (each) =>
      timeOf(each) >= keepSince ||
      each === beginning ||
      each >= publishedPublish ||
      keptPublishes.includes(each),
  );
}

test("kept states are what they were, files and whole releases included", () => {
  fc.assert(
    fc.property(state, (before) => {
      const after = apply(before);
      for (const distribution of before.distributions)
        for (const at of kept(distribution))
          expect(shownAt(after, distribution, at)).toEqual(shownAt(before, distribution, at));
    }),
    { numRuns: 2000 },
  );
});

test("everything else goes, but for what is young or worked on, and nothing is left for the next time", () => {
  fc.assert(
    fc.property(state, (before) => {
      const after = apply(before);
      const needed = new Set<string>();
      for (const distribution of before.distributions)
        for (const at of kept(distribution))
          for (const item of shownAt(before, distribution, at)) needed.add(item);
      // Positions that no distribution shows are kept as those of the live one.
      const hidden = after.rollbacks.filter(({ position }) => position > 0).map(({ releaseId }) => releaseId);
      const stays = (what: string, row: { createdAt: string; source?: string }) =>
        needed.has(what) ||
        row.createdAt >= before.youngSince ||
        (row.source !== undefined && before.busySources.has(row.source));
      for (const row of after.releases)
        expect(stays(`release ${row.id}`, row) || hidden.includes(row.id)).toBe(true);
      const released = new Set(after.releasePackages.map(({ packageId }) => packageId));
      for (const row of after.packages)
        expect(stays(`package ${row.id}`, row) || released.has(row.id)).toBe(true);
      const used = new Set(after.packageFiles.map(({ path }) => path));
      for (const row of after.files)
        expect(row.createdAt >= before.youngSince || used.has(row.path)).toBe(true);
      expect(Object.values(planRetention(after)).flat()).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

describe("publishes from before the time that is kept", () => {
  const publish = (id: number, kind: "" | "pinned" | "mark" = "") => ({
    id,
    pinned: kind === "pinned",
    forgotten: kind === "mark",
  });

  test.each([
    ["none", [], [], []],
    ["the newest is the state at its beginning", [publish(1)], [], []],
    ["others go", [publish(1), publish(2), publish(3)], [1, 2], []],
    ["the first behind a pinned one becomes a mark", [1, 2, 3, 4], [3], [2], [1]],
    ["and stays one", [publish(1, "pinned"), publish(2, "mark"), publish(3), publish(4)], [3], []],
    ["as long as that is pinned", [publish(1), publish(2, "mark"), publish(3)], [1, 2], []],
    ["two pinned ones in a row", [1, 2, 3, 4], [], [3], [1, 2]],
  ] as const)("%s", (_, rows, gone, marked, pins: readonly number[] = []) => {
    const all = rows.map((row) =>
      typeof row === "number" ? publish(row, pins.includes(row) ? "pinned" : "") : row,
    );
    expect(planPublishes(all)).toEqual({ gone, marked });
  });
});
