import { compareVersions, versionsEqual } from "#deb";
import type { SkippedEntry } from "./change-request.ts";
import { type Outcome, placeEntry, placeLoose } from "./place.ts";
import type { Entry, Held, SuiteChange, SuiteState } from "./suite-state.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

/** A change with what it leaves as it is. */
export interface Planned {
  readonly change: SuiteChange;
  readonly skipped: readonly SkippedEntry[];
}

/** Packages of one source in one component, as another distribution holds them. */
export interface CopyOrder {
  readonly items: readonly Held[];
  /** In the target. */
  readonly component: string;
  /** Of the source; without, the highest release and what has none. */
  readonly version?: string;
  readonly force: boolean;
}

/** Copies one source; `skipped` tells why when nothing changes. */
export function planCopy(state: SuiteState, order: CopyOrder): Planned {
  const work = createWorkspace(state);
  const skipped = copySource(work, order, 1);
  return { change: work.change(), skipped };
}

/** Copies everything of the items; sources that the suite has in the same or a higher version are skipped. */
export function planCopyAll(state: SuiteState, items: readonly Held[], force: boolean): Planned {
  const work = createWorkspace(state);
  const bySource = new Map<string, Held[]>();
  for (const item of items) {
    const key = `${item.source} ${item.component}`;
    const list = bySource.get(key);
    if (list === undefined) bySource.set(key, [item]);
    else list.push(item);
  }
  const skipped: SkippedEntry[] = [];
  for (const [, own] of [...bySource].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [first] = own;
    if (first === undefined) continue;
    if (state.suite.components.includes(first.component)) {
      skipped.push(
        ...copySource(work, { items: own, component: first.component, force }, state.suite.versions),
      );
    } else {
      for (const entry of entriesOf(own, first.component)) skipped.push(skip(entry, "component"));
    }
  }
  return { change: work.change(), skipped };
}

/** Releases first, then what has none beside them; at most `keep` releases, the highest. */
function copySource(work: Workspace, order: CopyOrder, keep: number): SkippedEntry[] {
  const entries = entriesOf(order.items, order.component);
  const chosen =
    order.version === undefined
      ? chooseEntries(entries, keep)
      : entries.filter(({ version }) => versionsEqual(version, order.version ?? ""));
  const skipped: SkippedEntry[] = [];
  for (const entry of chosen) {
    if (entry.releaseId !== null) {
      skipped.push(...told(entry, placeEntry(work, entry, order.force)));
      continue;
    }
    for (const item of entry.packages) {
      skipped.push(...told({ ...entry, packages: [item] }, placeLoose(work, item, order.force)));
    }
  }
  return once(skipped);
}

/** The highest releases and all that is loose, in the order to place them: releases first, each ascending. */
function chooseEntries(entries: readonly Entry[], keep: number): Entry[] {
  const releases = entries.filter(({ releaseId }) => releaseId !== null);
  const loose = entries.filter(({ releaseId }) => releaseId === null);
  return [...releases.slice(-Math.max(1, keep)), ...loose];
}

/** By version of the source, ascending. */
export function entriesOf(items: readonly Held[], component: string): Entry[] {
  const entries: (Entry & { packages: Held[] })[] = [];
  for (const item of [...items].sort((a, b) => compareVersions(a.sourceVersion, b.sourceVersion))) {
    const held = { ...item, component, membershipId: null };
    const last = entries.at(-1);
    if (last !== undefined && versionsEqual(last.version, item.sourceVersion)) {
      last.packages.push(held);
      if (last.releaseId === null) entries[entries.length - 1] = { ...last, releaseId: item.releaseId };
      continue;
    }
    const { source, sourceVersion: version, releaseId } = item;
    entries.push({ component, source, version, releaseId, packages: [held] });
  }
  return entries;
}

function told(entry: Entry, outcome: Outcome): SkippedEntry[] {
  if (outcome.result === "done") return [];
  return [skip(entry, outcome.result, outcome.result === "same" ? undefined : outcome.there)];
}

function skip(entry: Entry, reason: SkippedEntry["reason"], there?: string): SkippedEntry {
  const { component, source, version } = entry;
  return { component, source, version, reason, ...(there === undefined ? {} : { there }) };
}

/** Loose packages of one version are told once. */
function once(skipped: readonly SkippedEntry[]): SkippedEntry[] {
  return [...new Map(skipped.map((entry) => [JSON.stringify(entry), entry])).values()];
}
