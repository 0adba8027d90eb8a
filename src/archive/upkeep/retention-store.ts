import type { Executor, Tx } from "#db";
import { findInParts } from "../in-parts.ts";
import type { DistributionOptions } from "../types.ts";
import {
  distributionFinder,
  isForgettable,
  type KeptDistribution,
  type LifeTime,
  type RetentionState,
} from "./retention-plan.ts";

/** Rows that retention reads and forgets. */

/** Days for which moments are kept, unless a distribution says otherwise. */
export const MOMENT_DAYS = 30;

/** When, as a retention sees it. */
export interface RetentionTime {
  readonly now: Date;
  readonly graceSeconds: number;
}

export interface RetentionScope {
  readonly repository: string;
  readonly time: RetentionTime;
  readonly busySources: ReadonlySet<string>;
}

export async function readRetentionState(
  db: Executor,
  { repository, time, busySources }: RetentionScope,
): Promise<RetentionState> {
  const distributions = await keptDistributions(db, repository, time);
  const releases = await db
    .selectFrom("release")
    .select(["id", "source", "created_at as createdAt"])
    .where("repository", "=", repository)
    .execute();
  const releasePackages = await db
    .selectFrom("release_package as rp")
    .innerJoin("release as r", "r.id", "rp.release_id")
    .select(["rp.release_id as releaseId", "rp.package_id as packageId"])
    .where("r.repository", "=", repository)
    .execute();
  const packages = await db
    .selectFrom("package")
    .select(["id", "source", "created_at as createdAt"])
    .where("repository", "=", repository)
    .execute();
  const packageFiles = await db
    .selectFrom("package_file")
    .select(["package_id as packageId", "path"])
    .where("repository", "=", repository)
    .execute();
  const files = await db
    .selectFrom("pool_file")
    .select(["path", "sha256", "size as sizeBytes", "created_at as createdAt"])
    .where("repository", "=", repository)
    .execute();
  return {
    distributions,
    busySources,
    youngSince: before(time.now, time.graceSeconds),
    memberships: await ofLive(distributions, (id) =>
      membershipQuery(db).where("m.distribution_id", "=", id).execute(),
    ),
    rollbacks: await ofLive(distributions, (id) =>
      rollbackQuery(db).where("m.distribution_id", "=", id).execute(),
    ),
    releases,
    releasePackages,
    packages,
    packageFiles,
    files: files.map((row) => ({ ...row, sizeBytes: Number(row.sizeBytes) })),
  };
}

/**
 * Distributions of a repository with what their options, pins and snapshots keep. A moment is one of the repository, so
 * all its distributions keep moments for as long as the one that asks for the longest time.
 */
export async function keptDistributions(
  db: Executor,
  repository: string,
  time: RetentionTime,
): Promise<KeptDistribution[]> {
  const rows = await db
    .selectFrom("archive_distribution")
    .select(["id", "live_id as liveId", "position", "published_publish as publishedPublish", "options"])
    .where("repository", "=", repository)
    .execute();
  const pinned = await db
    .selectFrom("publish")
    .select("id")
    .where("repository", "=", repository)
    .where("pinned", "=", 1)
    .execute();
  const snapshots = await db.selectFrom("snapshot").select(["distribution_id", "publish"]).execute();
  const since = keepSince(
    rows.map(({ options }) => JSON.parse(options) as DistributionOptions),
    time,
  );
  return rows.map((row) => ({
    id: row.id,
    liveId: row.liveId,
    position: row.position,
    publishedPublish: Number(row.publishedPublish),
    keepSince: since,
    keptPublishes: [
      ...pinned.map(({ id }) => Number(id)),
      ...snapshots.filter((each) => each.distribution_id === row.id).map(({ publish }) => Number(publish)),
    ],
  }));
}

/** What ended before this is not kept (ISO-8601): a grace time more than the days that are asked for. */
export function keepSince(
  distributions: readonly DistributionOptions[],
  { now, graceSeconds }: RetentionTime,
): string {
  const days = distributions.map(({ retention }) => retention?.momentDays ?? MOMENT_DAYS);
  return before(now, Math.max(0, ...days) * 86_400 + graceSeconds);
}

function before(now: Date, seconds: number): string {
  return new Date(now.getTime() - seconds * 1000).toISOString();
}

function membershipQuery(db: Executor) {
  return db
    .selectFrom("membership as m")
    .leftJoin("publish as pub", "pub.id", "m.removed")
    .select([
      "m.id",
      "m.distribution_id as distributionId",
      "m.package_id as packageId",
      "m.release_id as releaseId",
      "m.added",
      "m.removed",
      "pub.time as removedAt",
    ]);
}

function rollbackQuery(db: Executor) {
  return db
    .selectFrom("rollback_membership as m")
    .leftJoin("publish as pub", "pub.id", "m.removed")
    .select([
      "m.id",
      "m.distribution_id as distributionId",
      "m.position",
      "m.release_id as releaseId",
      "m.added",
      "m.removed",
      "pub.time as removedAt",
    ]);
}

/** Rows of all live distributions, read for one after the other. */
async function ofLive<T extends LifeTime>(
  distributions: readonly KeptDistribution[],
  read: (id: number) => Promise<readonly T[]>,
): Promise<T[]> {
  const rows: T[] = [];
  for (const { id, liveId } of distributions) {
    if (liveId === null) for (const row of await read(id)) rows.push(row);
  }
  return rows;
}

/** Ids of rows whose distribution is known and lets them go. */
function forgettable<T extends LifeTime>(
  rows: readonly T[],
  distributionOf: (row: T) => KeptDistribution | undefined,
): number[] {
  return rows.flatMap((row) => {
    const distribution = distributionOf(row);
    return distribution !== undefined && isForgettable(row, distribution) ? [row.id] : [];
  });
}

/**
 * Has changes of archives wait for the end of the transaction, as `takePublish` does, without being one: nothing that
 * clients can see changes.
 */
export async function lockChanges(tx: Tx): Promise<void> {
  await tx
    .updateTable("counter")
    .set((eb) => ({ value: eb.ref("value") }))
    .where("name", "=", "publish")
    .execute();
}

/** Those of the rows that may still be forgotten, and then are. */
export async function forgetMemberships(
  tx: Tx,
  distributions: readonly KeptDistribution[],
  ids: readonly number[],
): Promise<number> {
  const { live } = distributionFinder(distributions);
  const rows = await membershipQuery(tx).where("m.id", "in", ids).execute();
  const gone = forgettable(rows, ({ distributionId }) => live(distributionId));
  if (gone.length > 0) await tx.deleteFrom("membership").where("id", "in", gone).execute();
  return gone.length;
}

export async function forgetRollbacks(
  tx: Tx,
  distributions: readonly KeptDistribution[],
  ids: readonly number[],
): Promise<number> {
  const { rollback } = distributionFinder(distributions);
  const rows = await rollbackQuery(tx).where("m.id", "in", ids).execute();
  const gone = forgettable(rows, rollback);
  if (gone.length > 0) await tx.deleteFrom("rollback_membership").where("id", "in", gone).execute();
  return gone.length;
}

/** Releases that no list and no member names. */
export async function forgetReleases(tx: Tx, ids: readonly number[]): Promise<number> {
  const members = await tx
    .selectFrom("membership")
    .select("release_id")
    .where("release_id", "in", ids)
    .execute();
  const listed = await tx
    .selectFrom("rollback_membership")
    .select("release_id")
    .where("release_id", "in", ids)
    .execute();
  const gone = without(
    ids,
    [...members, ...listed].map(({ release_id }) => release_id),
  );
  if (gone.length === 0) return 0;
  await tx.deleteFrom("release_package").where("release_id", "in", gone).execute();
  await tx.deleteFrom("release").where("id", "in", gone).execute();
  return gone.length;
}

/** Packages that no release and no distribution has, now or at a kept moment. */
export async function forgetPackages(tx: Tx, ids: readonly number[]): Promise<number> {
  const members = await tx
    .selectFrom("membership")
    .select("package_id")
    .where("package_id", "in", ids)
    .execute();
  const released = await tx
    .selectFrom("release_package")
    .select("package_id")
    .where("package_id", "in", ids)
    .execute();
  const gone = without(
    ids,
    [...members, ...released].map(({ package_id }) => package_id),
  );
  if (gone.length === 0) return 0;
  await tx.deleteFrom("package_file").where("package_id", "in", gone).execute();
  await tx.deleteFrom("package").where("id", "in", gone).execute();
  return gone.length;
}

/** Names in the pool that no package has. Returns the paths. */
export async function forgetFiles(tx: Tx, repository: string, paths: readonly string[]): Promise<string[]> {
  const used = await tx
    .selectFrom("package_file")
    .select("path")
    .where("repository", "=", repository)
    .where("path", "in", paths)
    .execute();
  const gone = without(
    paths,
    used.map(({ path }) => path),
  );
  if (gone.length > 0)
    await tx.deleteFrom("pool_file").where("repository", "=", repository).where("path", "in", gone).execute();
  return gone;
}

/** Lists of paths whose file no pool has. */
export async function unusedPathLists(db: Executor): Promise<string[]> {
  const rows = await db
    .selectFrom("deb_paths")
    .select("sha256")
    .where("sha256", "not in", db.selectFrom("pool_file").select("sha256"))
    .execute();
  return rows.map(({ sha256 }) => sha256);
}

export async function forgetPathLists(tx: Tx, sha256s: readonly string[]): Promise<number> {
  const used = await tx.selectFrom("pool_file").select("sha256").where("sha256", "in", sha256s).execute();
  const gone = without(
    sha256s,
    used.map(({ sha256 }) => sha256),
  );
  if (gone.length > 0) await tx.deleteFrom("deb_paths").where("sha256", "in", gone).execute();
  return gone.length;
}

/** Of the paths, those that have a row. */
export async function pathsWithRow(
  db: Executor,
  repository: string,
  paths: readonly string[],
): Promise<Set<string>> {
  const rows = await findInParts(paths, (some) =>
    db
      .selectFrom("pool_file")
      .select("path")
      .where("repository", "=", repository)
      .where("path", "in", some)
      .execute(),
  );
  return new Set(rows.map(({ path }) => path));
}

export async function repositoriesOf(db: Executor): Promise<string[]> {
  const rows = await db.selectFrom("archive_distribution").select("repository").distinct().execute();
  return rows.map(({ repository }) => repository).sort();
}

function without<T>(all: readonly T[], taken: readonly (T | null)[]): T[] {
  const known = new Set(taken);
  return all.filter((item) => !known.has(item));
}
