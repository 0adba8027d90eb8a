import type { Executor } from "#db";
import { versionsEqual } from "#deb";
import { MbdError } from "#platform";
import type { ArchiveDistribution } from "../types.ts";
import type { SkippedEntry } from "./change-request.ts";
import { distributionNamed } from "./distribution-store.ts";
import { highestOf } from "./place.ts";
import { suiteFacts } from "./state-store.ts";
import type { SuiteChange } from "./suite-state.ts";

/** Checks that the kinds of change share, with the sentences that people read. */

/** A change as planned on the rows of an executor. */
export interface Draft {
  readonly live: ArchiveDistribution;
  readonly change: SuiteChange;
  readonly skipped: readonly SkippedEntry[];
  /** Where what comes to the live distribution comes from. */
  readonly from?: string;
  /** Of an install: other components of the distribution that hold the source. */
  readonly alsoIn?: readonly string[];
}

/** @throws MbdError not_found */
export async function knownDistribution(db: Executor, name: string): Promise<ArchiveDistribution> {
  const row = await distributionNamed(db, name);
  if (row === undefined) throw new MbdError("not_found", { what: `Distribution '${name}'` });
  return row;
}

/** @throws MbdError not_found, is_rollback */
export async function liveDistribution(db: Executor, name: string): Promise<ArchiveDistribution> {
  const row = await knownDistribution(db, name);
  if (row.kind !== "live") throw new MbdError("is_rollback", { distribution: name });
  return row;
}

/** @throws MbdError component_unknown */
export function checkComponent(row: ArchiveDistribution, component: string, what: string): void {
  const { components } = suiteFacts(row);
  if (components.includes(component)) return;
  const params = { section: component, component, dsc: what, distribution: row.name };
  throw new MbdError("component_unknown", { ...params, known: components.join(", ") });
}

/** What a request names of a distribution. */
export interface Wanted {
  readonly source: string;
  readonly version?: string;
  readonly component?: string;
}

/**
 * Those of the packages of a source that are meant: of one component, and of the version if one is given.
 * @throws MbdError not_found, version_mismatch, ambiguous
 */
export function chooseFound<T extends { readonly component: string; readonly sourceVersion: string }>(
  found: readonly T[],
  distribution: string,
  { source, version, component }: Wanted,
): { readonly component: string; readonly found: T[] } {
  const inComponent = found.filter((item) => component === undefined || item.component === component);
  if (inComponent.length === 0) {
    const where = component === undefined ? distribution : `component ${component} of ${distribution}`;
    throw new MbdError("not_found", { what: `Source '${source}' in ${where}` });
  }
  const chosen = inComponent.filter(
    (item) => version === undefined || versionsEqual(item.sourceVersion, version),
  );
  if (chosen.length === 0) {
    const current = [...new Set(inComponent.map((item) => item.sourceVersion))].join(", ");
    throw new MbdError("version_mismatch", { distribution, source, current, version: version ?? "" });
  }
  const components = [...new Set(chosen.map((item) => item.component))].sort();
  const [only] = components;
  if (only === undefined || components.length > 1) {
    throw new MbdError("ambiguous", { source, distribution, components: components.join(", ") });
  }
  return { component: only, found: chosen };
}

/**
 * Nothing of what was asked for was done: says why.
 * @throws MbdError downgrade, version_exists, already_there
 */
export function refuseSkipped(skipped: readonly SkippedEntry[], distribution: string): void {
  const lower = skipped.find(({ reason }) => reason === "lower");
  if (lower !== undefined) {
    const { source, version, there = "" } = lower;
    throw new MbdError("downgrade", { distribution, source, current: there, version });
  }
  refuseElsewhere(skipped, distribution);
  const version = highestOf(skipped.map((entry) => entry.version));
  const same = skipped.find((entry) => entry.version === version);
  if (same !== undefined) {
    throw new MbdError("already_there", { distribution, source: same.source, version: same.version });
  }
}

/** @throws MbdError version_exists */
export function refuseElsewhere(skipped: readonly SkippedEntry[], distribution: string): void {
  const elsewhere = skipped.find(({ reason }) => reason === "elsewhere");
  if (elsewhere === undefined) return;
  const { source, version, there = "" } = elsewhere;
  throw new MbdError("version_exists", { source, version, places: `${distribution} (${there})` });
}

export function changesNothing({ added, removed }: SuiteChange): boolean {
  return added.length + removed.length === 0;
}
