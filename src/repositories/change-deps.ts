import type { Archive } from "#archive";
import type { Database } from "#db";
import { parseDistribution } from "#deb";
import type { Events, NewEvent } from "#events";
import type { Log } from "#platform";
import { resolveDistribution } from "./resolve.ts";

/** What changes of repositories stand on. */
export interface ChangeDeps {
  readonly db: Database;
  readonly archive: Pick<
    Archive,
    "plan" | "apply" | "publish" | "distribution" | "snapshotCreate" | "snapshotDelete" | "snapshotList"
  >;
  readonly events: Events;
  readonly log: Log;
  /** See `publishCommitted`. */
  readonly publishWaitMs?: number;
}

/**
 * The distribution that is meant: one of the archive, which may be made by hand, or what a string stands for.
 * @throws MbdError bad_distribution, meta_ambiguous, unknown_repository, unknown_codename, unknown_suite, unknown_rollback
 */
export async function distributionMeant({ db, archive }: ChangeDeps, requested: string): Promise<string> {
  if ((await archive.distribution(requested)) !== undefined) return requested;
  return (await resolveDistribution(db.read, requested)).name;
}

/** Where a rollback distribution belongs; undefined of a live one. */
export function liveOfRollback(distribution: string): string | undefined {
  const parts = parseDistribution(distribution);
  return parts?.rollback === undefined ? undefined : `${parts.codename}-${parts.repository}-${parts.suite}`;
}

/** What events tell of a distribution. */
export function distributionFacts(
  distribution: string,
): Pick<NewEvent, "distribution" | "repository" | "codename" | "suite"> {
  const parts = parseDistribution(distribution);
  return {
    distribution,
    repository: parts?.repository,
    codename: parts?.codename,
    suite: parts?.suite,
  };
}
