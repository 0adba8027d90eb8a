import type { Executor, NewRow, Row, RowUpdate, Tx } from "#db";

export type PortRequest = Row<"port_request">;

export async function insertPortRequest(tx: Tx, row: NewRow<"port_request">): Promise<void> {
  await tx.insertInto("port_request").values(row).execute();
}

export async function findPortRequest(db: Executor, bkey: string): Promise<PortRequest | undefined> {
  return await db.selectFrom("port_request").selectAll().where("bkey", "=", bkey).executeTakeFirst();
}

/** Ends an open request; false when it has ended already. */
export async function endPortRequest(
  tx: Tx,
  bkey: string,
  change: RowUpdate<"port_request">,
): Promise<boolean> {
  const result = await tx
    .updateTable("port_request")
    .set(change)
    .where("bkey", "=", bkey)
    .where("state", "=", "open")
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** Base URLs of all configured archives. */
export async function archiveUrls(db: Executor): Promise<string[]> {
  const sources = await db.selectFrom("source").select("archives").execute();
  return sources.flatMap((row) => JSON.parse(row.archives) as string[]);
}
