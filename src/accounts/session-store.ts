import type { Executor, NewRow, Row, Tx } from "#db";
import type { UserRow } from "./user-store.ts";

export async function insertSession(tx: Tx, session: NewRow<"session">): Promise<void> {
  await tx.insertInto("session").values(session).execute();
}

/** The session that may still be used, and its active user. `unusedSince`: seen before then, it has ended. */
export async function findSession(
  db: Executor,
  hash: string,
  times: { readonly now: string; readonly unusedSince: string },
): Promise<{ session: Row<"session">; user: UserRow } | undefined> {
  const session = await db
    .selectFrom("session")
    .selectAll()
    .where("secret_hash", "=", hash)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", times.now)
    .where("last_seen_at", ">", times.unusedSince)
    .executeTakeFirst();
  if (session === undefined) return undefined;
  const user = await db
    .selectFrom("user_account")
    .selectAll()
    .where("id", "=", session.user_account_id)
    .where("active", "=", 1)
    .executeTakeFirst();
  return user === undefined ? undefined : { session, user };
}

export async function touchSession(tx: Tx, id: number, now: string): Promise<void> {
  await tx.updateTable("session").set({ last_seen_at: now }).where("id", "=", id).execute();
}

export async function listSessions(
  db: Executor,
  userId: number,
  times: { readonly now: string; readonly unusedSince: string },
): Promise<Row<"session">[]> {
  return await db
    .selectFrom("session")
    .selectAll()
    .where("user_account_id", "=", userId)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", times.now)
    .where("last_seen_at", ">", times.unusedSince)
    .orderBy("last_seen_at", "desc")
    .execute();
}

/** Ends sessions of a user: one, or all but one. Returns how many. */
export async function revokeSessions(
  tx: Tx,
  userId: number,
  which: { readonly only?: number | undefined; readonly except?: number | undefined },
  now: string,
): Promise<number> {
  let rows = tx
    .updateTable("session")
    .set({ revoked_at: now })
    .where("user_account_id", "=", userId)
    .where("revoked_at", "is", null);
  if (which.only !== undefined) rows = rows.where("id", "=", which.only);
  if (which.except !== undefined) rows = rows.where("id", "!=", which.except);
  return Number((await rows.executeTakeFirst()).numUpdatedRows);
}

/** Deletes sessions that ended before a time; one that is not used any more is over by its end at the latest. */
export async function deleteEndedSessions(tx: Tx, before: string): Promise<number> {
  const result = await tx
    .deleteFrom("session")
    .where((eb) => eb.or([eb("expires_at", "<", before), eb("revoked_at", "<", before)]))
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
