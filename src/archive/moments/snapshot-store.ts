import type { Executor, Row, Tx } from "#db";
import { contentAt } from "../suites/index.ts";
import type { ArchiveDistribution, Counts } from "../types.ts";

/** Rows of `snapshot`. */

export type SnapshotRow = Row<"snapshot">;

/** By name. */
export async function snapshotsOf(db: Executor, distributionId: number): Promise<SnapshotRow[]> {
  return await db
    .selectFrom("snapshot")
    .selectAll()
    .where("distribution_id", "=", distributionId)
    .orderBy("name")
    .execute();
}

/** False when the distribution has one of that name. */
export async function insertSnapshot(
  tx: Tx,
  row: { distribution_id: number; name: string; publish: number; created_at: string; created_by: string },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await tx
    .insertInto("snapshot")
    .values(row)
    .onConflict((conflict) => conflict.columns(["distribution_id", "name"]).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

/** False when there is none of that name. */
export async function deleteSnapshotRow(tx: Tx, distributionId: number, name: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("snapshot")
    .where("distribution_id", "=", distributionId)
    .where("name", "=", name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Sources and packages of a distribution at a publish. */
export async function countsAt(db: Executor, distribution: ArchiveDistribution, at: number): Promise<Counts> {
  const rows = await db
    .selectFrom(contentAt(db, distribution, at))
    .innerJoin("package as p", "p.id", "c.package_id")
    .select((eb) => ["p.kind", eb.fn.countAll<number>().as("count")])
    .groupBy("p.kind")
    .execute();
  const total = (is: (kind: string) => boolean) =>
    rows.filter(({ kind }) => is(kind)).reduce((sum, { count }) => sum + Number(count), 0);
  return { sources: total((kind) => kind === "dsc"), packages: total((kind) => kind !== "dsc") };
}
