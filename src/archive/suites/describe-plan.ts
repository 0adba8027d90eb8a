import { compareText } from "../compare-text.ts";
import type { ArchiveDistribution } from "../types.ts";
import type {
  ChangePlan,
  DistributionPlan,
  PlannedEntry,
  PlannedPackage,
  SkippedEntry,
} from "./change-request.ts";
import { changedRollbacks } from "./change-store.ts";
import type { Held, SuiteChange } from "./suite-state.ts";

export interface Described {
  readonly kind: ChangePlan["kind"];
  readonly live: ArchiveDistribution;
  /** Of the live one, by position. */
  readonly rollbacks: readonly ArchiveDistribution[];
  /** Where what comes to the live one comes from. */
  readonly from: string | undefined;
  readonly change: SuiteChange;
  readonly skipped: readonly SkippedEntry[];
}

/** What a change does, in the words of people: no ids, sorted, so that a plan and what came of it can be compared. */
export function describePlan({ kind, live, rollbacks, from, change, skipped }: Described): ChangePlan {
  const names = new Map(rollbacks.map((row) => [row.position ?? -1, row.name]));
  const plans = [
    livePlan(live, names, from, change),
    ...[...names].map(([position, name]) => rollbackPlan(name, position, names, live.name, change)),
  ];
  const changing = new Set([...change.added, ...change.removed].map(({ source }) => source));
  for (const list of change.lists) if (changedRollbacks([list]).size > 0) changing.add(list.source);
  return {
    kind,
    repository: live.repository,
    distributions: plans.filter(({ added, removed }) => added.length + removed.length > 0),
    skipped,
    rollbacks: change.lists
      .filter((list) => list.rows.length + list.after.length > 0 && changing.has(list.source))
      .map(({ component, source, after }) => ({
        component,
        source,
        versions: after.map(({ version }) => version),
      }))
      .sort((a, b) => compareText(a.source, b.source) || compareText(a.component, b.component)),
  };
}

/** The rows of distributions that show something else afterwards, the live one first. */
export function touched(
  live: ArchiveDistribution,
  rollbacks: readonly ArchiveDistribution[],
  { added, removed, lists }: SuiteChange,
): ArchiveDistribution[] {
  const positions = changedRollbacks(lists);
  return [
    ...(added.length + removed.length > 0 ? [live] : []),
    ...rollbacks.filter(({ position }) => position !== null && positions.has(position)),
  ];
}

function livePlan(
  live: ArchiveDistribution,
  names: ReadonlyMap<number, string>,
  from: string | undefined,
  { added, removed, lists }: SuiteChange,
): DistributionPlan {
  // A package that only changes its release is there before and after.
  const leaving = new Set(removed.map(placeKey));
  const stays = new Set(added.map(placeKey).filter((key) => leaving.has(key)));
  const seen = (items: readonly Held[]) => items.filter((item) => !stays.has(placeKey(item)));
  const positions = new Map<string, string | undefined>(
    lists.flatMap(({ component, rows, after }) =>
      after.flatMap(({ releaseId }, position) =>
        rows.some((row) => row.releaseId === releaseId && row.position === position)
          ? []
          : [[`${component} ${releaseId}`, names.get(position)] as const],
      ),
    ),
  );
  return {
    distribution: live.name,
    added: grouped(seen(added), () => from),
    removed: grouped(seen(removed), ({ component, releaseId }) => positions.get(`${component} ${releaseId}`)),
  };
}

function rollbackPlan(
  name: string,
  position: number,
  names: ReadonlyMap<number, string>,
  live: string,
  { added, lists }: SuiteChange,
): DistributionPlan {
  const restored = new Set(added.map(({ component, releaseId }) => `${component} ${releaseId}`));
  const come: PlannedEntry[] = [];
  const gone: PlannedEntry[] = [];
  for (const list of lists) {
    const before = list.rows.find((row) => row.position === position);
    const after = list.after[position];
    if (before?.releaseId === after?.releaseId) continue;
    const { component, source } = list;
    if (after !== undefined) {
      const was = list.rows.find(({ releaseId }) => releaseId === after.releaseId);
      const other = was === undefined ? live : names.get(was.position);
      come.push({ component, source, version: after.version, ...(other === undefined ? {} : { other }) });
    }
    if (before !== undefined) {
      const now = list.after.findIndex(({ releaseId }) => releaseId === before.releaseId);
      const back = restored.has(`${component} ${before.releaseId}`) ? live : undefined;
      const other = now < 0 ? back : names.get(now);
      gone.push({ component, source, version: before.version, ...(other === undefined ? {} : { other }) });
    }
  }
  return { distribution: name, added: come.sort(compareEntries), removed: gone.sort(compareEntries) };
}

/** By component, source and version of the source; where the first of a group goes, all go. */
function grouped(items: readonly Held[], otherOf: (item: Held) => string | undefined): PlannedEntry[] {
  const groups = new Map<string, PlannedEntry & { packages: PlannedPackage[] }>();
  for (const item of items) {
    const { component, source, sourceVersion: version } = item;
    const other = otherOf(item);
    const key = `${component} ${source} ${version} ${other ?? ""}`;
    const group = groups.get(key) ?? {
      component,
      source,
      version,
      packages: [],
      ...(other === undefined ? {} : { other }),
    };
    group.packages.push({ kind: item.kind, name: item.name, version: item.version, arch: item.arch });
    groups.set(key, group);
  }
  for (const { packages } of groups.values()) packages.sort(comparePackages);
  return [...groups.values()].sort(compareEntries);
}

function placeKey({ component, packageId }: Held): string {
  return `${component} ${packageId}`;
}

function comparePackages(a: PlannedPackage, b: PlannedPackage): number {
  return (
    compareText(a.name, b.name) ||
    compareText(a.version, b.version) ||
    compareText(a.arch, b.arch) ||
    compareText(a.kind, b.kind)
  );
}

function compareEntries(a: PlannedEntry, b: PlannedEntry): number {
  return (
    compareText(a.source, b.source) ||
    compareText(a.component, b.component) ||
    compareText(a.version, b.version) ||
    compareText(a.other ?? "", b.other ?? "")
  );
}
