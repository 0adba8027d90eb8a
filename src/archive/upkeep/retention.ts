import type { Database, Executor, Tx } from "#db";
import type { BlobStore } from "#platform";
import { inParts } from "../in-parts.ts";
import { type FileRow, type KeptDistribution, planRetention, type RetentionPlan } from "./retention-plan.ts";
import { forgetPublishes } from "./retention-publishes.ts";
import {
  forgetFiles,
  forgetMemberships,
  forgetPackages,
  forgetPathLists,
  forgetReleases,
  forgetRollbacks,
  keptDistributions,
  lockChanges,
  type RetentionScope,
  readRetentionState,
  unusedPathLists,
} from "./retention-store.ts";

export interface RetentionDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  /** Sources of a repository that somebody works on. */
  readonly busySources: (db: Executor, repository: string) => Promise<ReadonlySet<string>>;
}

/** What went, or would go, of rows. */
export interface ForgottenRows {
  readonly memberships: number;
  readonly releases: number;
  readonly packages: number;
  /** Files of the pool that nobody needs any more. */
  readonly files: readonly (FileRow & { readonly repository: string })[];
}

/** Rows changed by one transaction: others wait no longer than for these. */
const BATCH = 200;

export async function planForgetting(db: Executor, scope: RetentionScope): Promise<RetentionPlan> {
  return planRetention(await readRetentionState(db, scope));
}

/**
 * Does what a plan says, some rows at a time; what somebody needs again since it was made stays. Ending anywhere
 * leaves what the next run takes up.
 */
export async function forget(
  { db, blobs, busySources }: RetentionDeps,
  { repository, time, busySources: known }: RetentionScope,
  plan: RetentionPlan,
  onStep: () => void,
): Promise<ForgottenRows> {
  const inBatches = async <T, R>(items: readonly T[], work: (tx: Tx, some: T[]) => Promise<R>) => {
    const results: R[] = [];
    for (const some of inParts(items, BATCH)) {
      await db.write(async (tx) => {
        await lockChanges(tx);
        // Who has begun to work on a source since the plan was made may have found its files here.
        const busy = await busySources(tx, repository);
        if ([...busy].every((source) => known.has(source))) results.push(await work(tx, some));
      });
      onStep();
    }
    return results;
  };
  await forgetPublishes({ db }, repository, time, onStep);
  const kept = (tx: Tx): Promise<KeptDistribution[]> => keptDistributions(tx, repository, time);
  const members = await inBatches(plan.memberships, async (tx, ids) =>
    forgetMemberships(tx, await kept(tx), ids),
  );
  const listed = await inBatches(plan.rollbacks, async (tx, ids) => forgetRollbacks(tx, await kept(tx), ids));
  const releases = await inBatches(plan.releases, forgetReleases);
  const packages = await inBatches(plan.packages, forgetPackages);
  // Their content stays for a grace time from now: somebody may have seen them here, and be about to come with a row.
  if (time.graceSeconds > 0) for (const { sha256 } of plan.files) blobs.touch(sha256);
  const paths = await inBatches(plan.files, (tx, files) =>
    forgetFiles(
      tx,
      repository,
      files.map(({ path }) => path),
    ),
  );
  const gone = new Set(paths.flat());
  return {
    memberships: sum(members) + sum(listed),
    releases: sum(releases),
    packages: sum(packages),
    files: plan.files.filter(({ path }) => gone.has(path)).map((file) => ({ ...file, repository })),
  };
}

/** Lists of paths of files that no pool has. */
export async function forgetUnusedPaths({ db }: Pick<RetentionDeps, "db">): Promise<void> {
  for (const some of inParts(await unusedPathLists(db.read), BATCH)) {
    await db.write(async (tx) => {
      await lockChanges(tx);
      await forgetPathLists(tx, some);
    });
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
