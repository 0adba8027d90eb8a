import type { Executor, NewRow, Row, Tx } from "#db";

export async function findUserKey(db: Executor, userId: number): Promise<Row<"user_key"> | undefined> {
  return await db.selectFrom("user_key").selectAll().where("user_account_id", "=", userId).executeTakeFirst();
}

/** The other user whose key of this fingerprint is active. */
export async function isActiveElsewhere(db: Executor, fingerprint: string, userId: number): Promise<boolean> {
  const row = await db
    .selectFrom("user_key")
    .select("id")
    .where("fingerprint", "=", fingerprint)
    .where("activated_at", "is not", null)
    .where("user_account_id", "!=", userId)
    .executeTakeFirst();
  return row !== undefined;
}

export async function replaceUserKey(tx: Tx, key: NewRow<"user_key">): Promise<void> {
  await deleteUserKey(tx, key.user_account_id);
  await tx.insertInto("user_key").values(key).execute();
}

export async function deleteUserKey(tx: Tx, userId: number): Promise<void> {
  await tx.deleteFrom("user_key").where("user_account_id", "=", userId).execute();
}

export async function setKeyActivation(
  tx: Tx,
  userId: number,
  activated: { readonly activated_at: string | null; readonly activated_by: string | null },
): Promise<void> {
  await tx.updateTable("user_key").set(activated).where("user_account_id", "=", userId).execute();
}

/** Keys of users with the name and address of whose they are. */
export async function listUserKeys(db: Executor) {
  return await db
    .selectFrom("user_key")
    .innerJoin("user_account", "user_account.id", "user_key.user_account_id")
    .selectAll("user_key")
    .select(["user_account.name", "user_account.email", "user_account.active"])
    .orderBy("user_key.id")
    .execute();
}
