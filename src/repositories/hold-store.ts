import type { Executor, NewRow, Row, Tx } from "#db";

export type HoldRow = Row<"migration_hold">;

export interface HoldQuery {
  readonly distributions?: readonly string[];
  readonly source?: string;
}

/** By distribution and source. */
export async function findHolds(db: Executor, { distributions, source }: HoldQuery): Promise<HoldRow[]> {
  if (distributions?.length === 0) return [];
  let query = db.selectFrom("migration_hold").selectAll();
  if (distributions !== undefined) query = query.where("distribution", "in", [...distributions]);
  if (source !== undefined) query = query.where("source", "=", source);
  return await query.orderBy("distribution").orderBy("source").execute();
}

/** In place of one that is there. */
export async function saveHold(tx: Tx, row: NewRow<"migration_hold">): Promise<void> {
  const { reason, held_by, created_at } = row;
  await tx
    .insertInto("migration_hold")
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(["distribution", "source"]).doUpdateSet({ reason, held_by, created_at }),
    )
    .execute();
}

/** False when there is none. */
export async function deleteHold(tx: Tx, distribution: string, source: string): Promise<boolean> {
  const result = await tx
    .deleteFrom("migration_hold")
    .where("distribution", "=", distribution)
    .where("source", "=", source)
    .executeTakeFirst();
  return Number(result.numDeletedRows) === 1;
}
