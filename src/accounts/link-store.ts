import type { Executor, NewRow, Row, Tx } from "#db";

export async function insertLink(tx: Tx, link: NewRow<"account_link">): Promise<number> {
  const row = await tx.insertInto("account_link").values(link).returning("id").executeTakeFirstOrThrow();
  return row.id;
}

/** The link with this hash that was not used and has not ended. */
export async function findLink(
  db: Executor,
  purpose: string,
  hash: string,
  now: string,
): Promise<Row<"account_link"> | undefined> {
  return await db
    .selectFrom("account_link")
    .selectAll()
    .where("purpose", "=", purpose)
    .where("secret_hash", "=", hash)
    .where("used_at", "is", null)
    .where("expires_at", ">", now)
    .executeTakeFirst();
}

/** All links of a purpose that a user has: one that works ends the others. */
export async function useLinks(tx: Tx, userId: number, purpose: string, now: string): Promise<void> {
  await tx
    .updateTable("account_link")
    .set({ used_at: now })
    .where("user_account_id", "=", userId)
    .where("purpose", "=", purpose)
    .where("used_at", "is", null)
    .execute();
}

export async function deleteEndedLinks(tx: Tx, before: string): Promise<number> {
  const result = await tx
    .deleteFrom("account_link")
    .where((eb) => eb.or([eb("expires_at", "<", before), eb("used_at", "<", before)]))
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
