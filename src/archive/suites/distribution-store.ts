import type { Executor, NewRow, RowUpdate, Tx } from "#db";
import type { ArchiveDistribution } from "../types.ts";

/** Rows of `archive_distribution`. */

export async function findDistribution(
  db: Executor,
  repository: string,
  name: string,
): Promise<ArchiveDistribution | undefined> {
  return await db
    .selectFrom("archive_distribution")
    .selectAll()
    .where("repository", "=", repository)
    .where("name", "=", name)
    .executeTakeFirst();
}

/** By name alone: it holds the repository's identity and so is there once in the instance. */
export async function distributionNamed(
  db: Executor,
  name: string,
): Promise<ArchiveDistribution | undefined> {
  return await db.selectFrom("archive_distribution").selectAll().where("name", "=", name).executeTakeFirst();
}

/** All of a repository: live ones by name, each before its rollbacks. */
export async function distributionsOf(db: Executor, repository: string): Promise<ArchiveDistribution[]> {
  const rows = await db
    .selectFrom("archive_distribution")
    .selectAll()
    .where("repository", "=", repository)
    .execute();
  const names = new Map(rows.map((row) => [row.id, row.name]));
  const key = (row: ArchiveDistribution) => names.get(row.live_id ?? row.id) ?? row.name;
  return rows.sort(
    (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) || (a.position ?? -1) - (b.position ?? -1),
  );
}

export async function rollbacksOf(tx: Executor, liveId: number): Promise<ArchiveDistribution[]> {
  return await tx
    .selectFrom("archive_distribution")
    .selectAll()
    .where("live_id", "=", liveId)
    .where("kind", "=", "rollback")
    .orderBy("position")
    .execute();
}

export async function insertDistribution(tx: Tx, row: NewRow<"archive_distribution">): Promise<number> {
  const { id } = await tx
    .insertInto("archive_distribution")
    .values(row)
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

export async function updateDistribution(
  tx: Tx,
  id: number,
  change: RowUpdate<"archive_distribution">,
): Promise<void> {
  await tx.updateTable("archive_distribution").set(change).where("id", "=", id).execute();
}

/**
 * Takes the right to publish a distribution from whoever had it; the row as it is then. The fence is also the number
 * of the generation to write, so it exceeds the one on disk (`above`) even when the database is older than the files.
 */
export async function claimPublish(tx: Tx, id: number, above: number): Promise<ArchiveDistribution> {
  return await tx
    .updateTable("archive_distribution")
    .set((eb) => ({
      fence: eb
        .case()
        .when("fence", ">", above)
        .then(eb("fence", "+", 1))
        .else(above + 1)
        .end(),
    }))
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export interface PublishResult {
  readonly id: number;
  readonly fence: number;
  readonly publish: number;
  /** Date of the new Release; undefined when the files stayed as they were. */
  readonly date: string | undefined;
  readonly contentSha256: string;
}

/** Records a publish; false when another publisher has the distribution now. */
export async function finishPublish(tx: Tx, result: PublishResult): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("archive_distribution")
    .set({
      published_publish: result.publish,
      content_sha256: result.contentSha256,
      ...(result.date === undefined ? {} : { last_date: result.date }),
    })
    .where("id", "=", result.id)
    .where("fence", "=", result.fence)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
