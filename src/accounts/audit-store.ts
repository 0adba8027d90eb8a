import type { Executor, NewRow, Row, Tx } from "#db";

export async function insertAudit(tx: Tx, row: NewRow<"audit">): Promise<void> {
  await tx.insertInto("audit").values(row).execute();
}

/** Newest first; `actors` are stored texts of which one must match, `action` ending in `.` all that begin so. */
export async function selectAudit(
  db: Executor,
  query: {
    readonly limit: number;
    readonly before?: number | undefined;
    readonly actors?: readonly string[] | undefined;
    readonly action?: string | undefined;
  },
): Promise<Row<"audit">[]> {
  const { limit, before, actors, action } = query;
  let rows = db.selectFrom("audit").selectAll().orderBy("id", "desc").limit(limit);
  if (before !== undefined) rows = rows.where("id", "<", before);
  if (actors !== undefined) rows = rows.where("actor", "in", actors);
  // By range, not LIKE: what is typed into a search must be no pattern.
  if (action?.endsWith("."))
    rows = rows.where("action", ">=", action).where("action", "<", `${action.slice(0, -1)}/`);
  else if (action !== undefined) rows = rows.where("action", "=", action);
  return await rows.execute();
}

/** Deletes the oldest rows from before a time, at most so many; returns how many. */
export async function countAuditBefore(db: Executor, before: string): Promise<number> {
  const { count } = await db
    .selectFrom("audit")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("time", "<", before)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function deleteAuditBefore(tx: Tx, before: string, limit: number): Promise<number> {
  const result = await tx
    .deleteFrom("audit")
    .where("id", "in", (rows) =>
      rows.selectFrom("audit").select("id").where("time", "<", before).orderBy("time").limit(limit),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
