import type { Executor, Row, Tx } from "#db";

/** Clients of a user that were seen after a time, the last first. */
export async function listKnownClients(
  db: Executor,
  userId: number,
  after: string,
): Promise<Row<"known_client">[]> {
  return await db
    .selectFrom("known_client")
    .selectAll()
    .where("user_account_id", "=", userId)
    .where("last_seen_at", ">", after)
    .orderBy("last_seen_at", "desc")
    .orderBy("client")
    .execute();
}

export async function saveKnownClient(tx: Tx, row: Row<"known_client">): Promise<void> {
  await tx
    .insertInto("known_client")
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(["user_account_id", "client"]).doUpdateSet({ last_seen_at: row.last_seen_at }),
    )
    .execute();
}

/** Keeps the newest of a user. */
export async function forgetOldest(tx: Tx, userId: number, keep: number): Promise<void> {
  const all = await listKnownClients(tx, userId, "");
  for (const { client } of all.slice(keep))
    await tx
      .deleteFrom("known_client")
      .where("user_account_id", "=", userId)
      .where("client", "=", client)
      .execute();
}

export async function forgetClients(tx: Tx, userId: number): Promise<void> {
  await tx.deleteFrom("known_client").where("user_account_id", "=", userId).execute();
}

export async function deleteClientsBefore(tx: Tx, before: string): Promise<void> {
  await tx.deleteFrom("known_client").where("last_seen_at", "<", before).execute();
}
