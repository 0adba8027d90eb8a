import { compareVersions, versionsEqual } from "#deb";
import { releasesToLeave, shiftRollbacks } from "./rollback-plan.ts";
import type { Entry, Held } from "./suite-state.ts";
import type { Workspace } from "./workspace.ts";

/** The rules by which packages come into a live suite. All change the workspace and say what became of it. */

export type Outcome =
  | { readonly result: "done" }
  | { readonly result: "same" }
  /** A version that would have to leave is higher. */
  | { readonly result: "lower"; readonly there: string }
  /** The same version is in another component of the suite: nothing may be listed twice. */
  | { readonly result: "elsewhere"; readonly there: string };

const DONE: Outcome = { result: "done" };
const SAME: Outcome = { result: "same" };

/** Puts a source version into its component; packages that only add to a version that is there just join it. */
export function placeEntry(work: Workspace, entry: Entry, force: boolean): Outcome {
  const { elsewhere, equal } = sameVersion(work, entry);
  if (elsewhere !== undefined) return { result: "elsewhere", there: elsewhere.component };
  const here = new Set(equal.map(({ packageId }) => packageId));
  const missing = entry.packages.filter(({ packageId }) => !here.has(packageId));
  if (missing.length === 0) return SAME;
  const grouped = equal.some(({ releaseId }) => releaseId !== null);
  if (entry.releaseId !== null && !grouped) return placeRelease(work, entry, force);
  return worst(missing.map((item) => placeLoose(work, item, force)));
}

/** Puts a release into its component: what it replaces goes to the rollback list. */
export function placeRelease(work: Workspace, entry: Entry, force: boolean): Outcome {
  const { elsewhere, equal } = sameVersion(work, entry);
  if (elsewhere !== undefined) return { result: "elsewhere", there: elsewhere.component };
  if (equal.some(({ releaseId }) => releaseId !== null)) return SAME;
  const single = work.suite.versions <= 1;
  const own = ownOf(work, entry);
  const leaving = releasesToLeave(releasesOf(own), work.suite.versions, compareVersions);
  const ids = new Set<number | null>(leaving.map(({ releaseId }) => releaseId));
  const coming = new Set(entry.packages.map(({ packageId }) => packageId));
  // Packages without a release have nothing that could come back: they leave with what is replaced.
  const gone = own.filter(
    ({ releaseId, packageId }) =>
      single || coming.has(packageId) || (releaseId !== null && ids.has(releaseId)),
  );
  const highest = highestOf(gone.map(({ sourceVersion }) => sourceVersion));
  if (!force && highest !== undefined && compareVersions(highest, entry.version) > 0) {
    return { result: "lower", there: highest };
  }
  for (const item of gone) work.drop(item);
  for (const item of entry.packages) work.add({ ...item, membershipId: null, component: entry.component });
  if (single) for (const release of leaving) shift(work, entry, release);
  return DONE;
}

/** Puts one package beside releases: it replaces lower versions of its name, architecture and index. */
export function placeLoose(work: Workspace, item: Held, force: boolean): Outcome {
  const named = work.named(item);
  const equal = named.filter(({ version }) => versionsEqual(version, item.version));
  const elsewhere = equal.find(({ component }) => component !== item.component);
  if (elsewhere !== undefined) return { result: "elsewhere", there: elsewhere.component };
  if (equal.length > 0) return SAME;
  const own = named
    .filter(({ component }) => component === item.component)
    .sort((a, b) => compareVersions(a.version, b.version));
  const gone = own.slice(0, Math.max(0, own.length + 1 - Math.max(1, work.suite.versions)));
  const highest = gone.at(-1)?.version;
  if (!force && highest !== undefined && compareVersions(highest, item.version) > 0) {
    return { result: "lower", there: highest };
  }
  for (const held of gone) work.drop(held);
  work.add({ ...item, membershipId: null });
  if (work.suite.versions <= 1) for (const held of gone) keepIfWholeGone(work, held);
  return DONE;
}

/** Puts a release in front of its rollback list. A version is in the lists of a source once, whatever the component. */
export function shift(
  work: Workspace,
  { component, source }: { readonly component: string; readonly source: string },
  release: { readonly releaseId: number; readonly version: string },
): void {
  if (work.suite.rollbacks === 0) return;
  for (const other of work.suite.components) {
    const list = work.list(other, source);
    const rest = list.filter(({ version }) => !versionsEqual(version, release.version));
    if (other !== component && rest.length < list.length) work.setList(other, source, rest);
  }
  const entry = { releaseId: release.releaseId, version: release.version };
  const after = shiftRollbacks(work.list(component, source), entry, work.suite.rollbacks);
  work.setList(component, source, after);
}

/** Releases among packages; the version of a release is that of its source. */
export function releasesOf(items: readonly Held[]): { releaseId: number; version: string }[] {
  const versions = new Map<number, string>();
  for (const { releaseId, sourceVersion } of items) {
    if (releaseId !== null) versions.set(releaseId, sourceVersion);
  }
  return [...versions].map(([releaseId, version]) => ({ releaseId, version }));
}

export function highestOf(versions: readonly string[]): string | undefined {
  return [...versions].sort(compareVersions).at(-1);
}

/** The one to tell of several: that something was done, else what stood in the way. */
export function worst(outcomes: readonly Outcome[]): Outcome {
  const order = ["done", "lower", "elsewhere", "same"] as const;
  for (const result of order) {
    const found = outcomes.find((outcome) => outcome.result === result);
    if (found !== undefined) return found;
  }
  return SAME;
}

/** A release of which nothing is left goes to the rollbacks as if it had been removed. */
function keepIfWholeGone(work: Workspace, held: Held): void {
  const left = ownOf(work, held).some(({ releaseId }) => releaseId === held.releaseId);
  const { releaseId, sourceVersion } = held;
  if (releaseId !== null && !left) shift(work, held, { releaseId, version: sourceVersion });
}

function ownOf(work: Workspace, at: { readonly component: string; readonly source: string }): Held[] {
  return work.ofSource(at.source).filter(({ component }) => component === at.component);
}

function sameVersion(work: Workspace, entry: Entry): { elsewhere: Held | undefined; equal: Held[] } {
  const all = work
    .ofSource(entry.source)
    .filter(({ sourceVersion }) => versionsEqual(sourceVersion, entry.version));
  const equal = all.filter(({ component }) => component === entry.component);
  return { equal, elsewhere: all.find(({ component }) => component !== entry.component) };
}
