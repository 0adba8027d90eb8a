import type { Executor, Row } from "#db";

/** So many are shown; the call lists all. */
const SHOWN = 50;

/** Named states of a distribution, the newest first. */
export async function snapshotsOf(db: Executor, distributionId: number): Promise<Row<"snapshot">[]> {
  return await db
    .selectFrom("snapshot")
    .selectAll()
    .where("distribution_id", "=", distributionId)
    .orderBy("created_at", "desc")
    .orderBy("name")
    .limit(SHOWN)
    .execute();
}
