import { compareVersions, versionsEqual } from "#deb";
import { releasesOf, shift } from "./place.ts";
import { dropRollback, expireRollbacks } from "./rollback-plan.ts";
import type { Entry, Held, SuiteChange, SuiteState } from "./suite-state.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

/** What is taken out of a live suite: packages of the state, chosen by the caller. */
export interface RemoveOrder {
  readonly component: string;
  readonly source: string;
  readonly items: readonly Held[];
  /** Releases that leave go to the rollback list. */
  readonly keepRollback: boolean;
}

/** Takes packages out of a live suite. A suite with several versions of a source keeps no rollbacks. */
export function planRemove(state: SuiteState, order: RemoveOrder): SuiteChange {
  const work = createWorkspace(state);
  for (const item of order.items) work.drop(item);
  if (order.keepRollback) keepWholeGone(work, order, order.items);
  return work.change();
}

/** Takes a position out of a rollback list; the following ones move up. */
export function planDropRollback(
  state: SuiteState,
  at: { readonly component: string; readonly source: string; readonly position: number },
): SuiteChange {
  const work = createWorkspace(state);
  dropPosition(work, at);
  return work.change();
}

/** Shortens rollback lists by what came to them before a time (ISO-8601). */
export function planExpire(state: SuiteState, before: string): SuiteChange {
  const work = createWorkspace(state);
  for (const { component, source } of state.lists) {
    work.setList(component, source, expireRollbacks(work.list(component, source), before));
  }
  return work.change();
}

export interface RestoreOrder {
  /** The release of the rollback list with all its packages. */
  readonly entry: Entry;
  readonly position: number;
}

/**
 * Makes a release of a rollback list the live one again: it leaves the list, and what was live comes in front.
 * Whether something may be live is for the caller to check.
 */
export function planRestore(state: SuiteState, { entry, position }: RestoreOrder): SuiteChange {
  const work = createWorkspace(state);
  const { component, source } = entry;
  dropPosition(work, { component, source, position });
  const own = ownOf(work, entry);
  for (const item of own) work.drop(item);
  for (const item of entry.packages) work.add({ ...item, component, membershipId: null });
  keepWholeGone(work, entry, own);
  return work.change();
}

function dropPosition(
  work: Workspace,
  { component, source, position }: { component: string; source: string; position: number },
): void {
  work.setList(component, source, dropRollback(work.list(component, source), position));
}

/** Releases of which nothing is left go in front of the list, the highest last and so first. */
function keepWholeGone(
  work: Workspace,
  at: { readonly component: string; readonly source: string },
  gone: readonly Held[],
): void {
  if (work.suite.versions > 1) return;
  const left = new Set(ownOf(work, at).map(({ releaseId }) => releaseId));
  for (const release of releasesOf(gone).sort((a, b) => compareVersions(a.version, b.version))) {
    const comesBack = ownOf(work, at).some(({ sourceVersion }) =>
      versionsEqual(sourceVersion, release.version),
    );
    if (!left.has(release.releaseId) && !comesBack) shift(work, at, release);
  }
}

function ownOf(work: Workspace, at: { readonly component: string; readonly source: string }): Held[] {
  return work.ofSource(at.source).filter(({ component }) => component === at.component);
}
