import type { Executor } from "#db";
import {
  checkMandatory,
  checkVersionSyntax,
  compareVersions,
  MAY_FOLLOW,
  type SuiteVersions,
  suiteVersions,
  versionsEqual,
} from "#deb";
import { MbdError } from "#platform";
import type { ResolvedDistribution } from "#repositories";
import { unfinishedOfSource } from "./packaging-store.ts";

/** Where a source stands in a repository; the archive answers this. */
export interface Place {
  readonly distribution: string;
  readonly kind: string;
  readonly component: string;
  readonly version: string;
}

/** Inside a transaction that is given as `db`: the answer then cannot change before the commit. */
export type FindPlaces = (repository: string, source: string, db?: Executor) => Promise<readonly Place[]>;

export interface Candidate {
  readonly source: string;
  readonly version: string;
  readonly component: string;
  readonly target: ResolvedDistribution;
}

/** Codeversion in force: what an administrator set, else the sticky one of the last checks. */
export function codeversionOf(target: ResolvedDistribution): string {
  return target.source.codeversion_override ?? target.source.codeversion;
}

/** The version rules of a suite with identity and codeversion filled in. */
export function versionsOf(target: ResolvedDistribution): SuiteVersions {
  const { layout, suite, repository } = target;
  const experimental = suite.experimental === 1;
  const templates = experimental
    ? {
        defaultVersion: layout.experimental_default_version,
        mandatoryVersionRegex: layout.experimental_mandatory_version_regex,
      }
    : { defaultVersion: layout.default_version, mandatoryVersionRegex: layout.mandatory_version_regex };
  return suiteVersions(
    templates,
    { identity: repository.identity, codeversion: codeversionOf(target) },
    experimental,
  );
}

/** Checks 1 and 2 of names-and-versions.md 6.3, which need nothing but the version and its target. */
export function checkVersionForm({ source, version, target }: Candidate): void {
  const wrong = checkVersionSyntax(version);
  if (wrong !== undefined) throw new MbdError("bad_version", { version, source, reason: wrong });
  const rules = versionsOf(target);
  if (checkMandatory(version, rules.mark) === undefined) return;
  const reason = `it must end in a text that matches ${rules.mark}; only ${MAY_FOLLOW} may follow that`;
  throw new MbdError("version_restriction", {
    version,
    source,
    distribution: target.name,
    reason,
    example: rules.defaultVersion,
  });
}

/** Checks 3 and 4: the version is new to the repository and not lower than what the suite holds. `but` names a bkey of our own. */
export async function checkVersionIsNew(
  db: Executor,
  places: readonly Place[],
  { source, version, component, target }: Candidate,
  but?: string,
): Promise<void> {
  const same = places.filter((place) => versionsEqual(place.version, version));
  if (same.length > 0) {
    const names = [...new Set(same.map((place) => place.distribution))].join(", ");
    throw new MbdError("version_exists", { source, version, places: names });
  }
  const unfinished = await unfinishedOfSource(db, target.repository.identity, source);
  const other = unfinished.find((row) => row.bkey !== but && versionsEqual(row.version, version));
  if (other !== undefined) throw new MbdError("in_progress", { source, version, bkey: other.bkey });
  // A suite may hold several versions side by side: the highest counts, whose place the new one takes for apt.
  const higher = places
    .filter((place) => place.distribution === target.name && place.component === component)
    .map((place) => place.version)
    .sort(compareVersions)
    .at(-1);
  if (higher !== undefined && compareVersions(version, higher) < 0)
    throw new MbdError("version_lower", { source, version, current: higher, distribution: target.name });
}
