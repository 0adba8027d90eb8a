import type { ChangePlan, PlannedEntry } from "#archive";
import { compareVersions, versionsEqual } from "#deb";

/** What a change comes to for the one source that it is about, read from the plan of the archive. */

export interface MoveOutcome {
  readonly component: string;
  /** Of the source. */
  readonly version: string;
  /** Highest version that left the target. */
  readonly replaced: string | null;
  /** Versions of the target's rollbacks then, position 0 first. */
  readonly rollbacks: readonly string[];
  /** Versions that fall off the end of the rollbacks. */
  readonly lost: readonly string[];
}

export interface RemoveOutcome {
  readonly component: string;
  /** Versions that go, the highest first. */
  readonly versions: readonly string[];
  /** The rollback distribution that the highest goes to. */
  readonly keptIn: string | undefined;
  readonly rollbacks: readonly string[];
  readonly lost: readonly string[];
}

/** @param from of a restore the rollback that it leaves, of a copy only a name */
export function moveOutcome(
  plan: ChangePlan,
  { from, to, source }: { readonly from: string; readonly to: string; readonly source: string },
): MoveOutcome {
  const came = plan.kind === "restore" ? goneFrom(plan, from, source) : comeTo(plan, to, source);
  const [moved] = came;
  if (moved === undefined) throw new Error(`nothing of ${source} goes from ${from} to ${to}`);
  const { component, version } = moved;
  const replaced = goneFrom(plan, to, source).find((entry) => !versionsEqual(entry.version, version));
  const rollbacks = rollbacksOf(plan, source, component);
  const lost = lostFrom(plan, to, source).filter((each) => !versionsEqual(each, version));
  return { component, version, replaced: replaced?.version ?? null, rollbacks, lost };
}

export function removeOutcome(
  plan: ChangePlan,
  { distribution, source }: { readonly distribution: string; readonly source: string },
): RemoveOutcome {
  const gone = goneFrom(plan, distribution, source);
  const [highest] = gone;
  if (highest === undefined) throw new Error(`nothing of ${source} leaves ${distribution}`);
  const { component } = highest;
  const versions = [...new Set(gone.map(({ version }) => version))];
  const rollbacks = rollbacksOf(plan, source, component);
  const lost = lostFrom(plan, distribution, source).filter((version) => !versions.includes(version));
  return { component, versions, keptIn: highest.other, rollbacks, lost };
}

/** The highest version first. */
function comeTo(plan: ChangePlan, distribution: string, source: string): PlannedEntry[] {
  return entriesIn(plan, distribution, source, "added");
}

function goneFrom(plan: ChangePlan, distribution: string, source: string): PlannedEntry[] {
  return entriesIn(plan, distribution, source, "removed");
}

function entriesIn(
  { distributions }: ChangePlan,
  distribution: string,
  source: string,
  what: "added" | "removed",
): PlannedEntry[] {
  return distributions
    .filter((each) => each.distribution === distribution)
    .flatMap((each) => each[what])
    .filter((entry) => entry.source === source)
    .sort((a, b) => compareVersions(b.version, a.version));
}

function rollbacksOf({ rollbacks }: ChangePlan, source: string, component: string): readonly string[] {
  const list = rollbacks.find((one) => one.source === source && one.component === component);
  return list?.versions ?? [];
}

/** What leaves a rollback for nowhere, and is in none afterwards. */
function lostFrom(plan: ChangePlan, live: string, source: string): string[] {
  const kept = plan.rollbacks.filter((list) => list.source === source).flatMap(({ versions }) => versions);
  return plan.distributions
    .filter(({ distribution }) => distribution !== live)
    .flatMap(({ removed }) => removed)
    .filter((entry) => entry.source === source && entry.other === undefined)
    .map(({ version }) => version)
    .filter((version) => !kept.some((other) => versionsEqual(other, version)));
}
