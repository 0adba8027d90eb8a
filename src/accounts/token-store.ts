import type { Executor, NewRow, Row, Tx } from "#db";

export async function insertToken(tx: Tx, token: NewRow<"api_token">): Promise<number> {
  const row = await tx.insertInto("api_token").values(token).returning("id").executeTakeFirstOrThrow();
  return row.id;
}

/** The token with this hash that is neither revoked nor over. */
export async function findToken(
  db: Executor,
  hash: string,
  now: string,
): Promise<Row<"api_token"> | undefined> {
  return await db
    .selectFrom("api_token")
    .selectAll()
    .where("secret_hash", "=", hash)
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
    .executeTakeFirst();
}

export async function touchToken(tx: Tx, id: number, now: string): Promise<void> {
  await tx.updateTable("api_token").set({ last_used_at: now }).where("id", "=", id).execute();
}

/** Whose tokens: those of a user, or (null) those of nobody, which the machine's administrator made. */
type Owner = number | null;

const isOf = (owner: Owner) => (owner === null ? "is" : "=");

/** Tokens that still work. */
export async function listTokens(db: Executor, owner: Owner, now: string): Promise<Row<"api_token">[]> {
  return await db
    .selectFrom("api_token")
    .selectAll()
    .where("user_account_id", isOf(owner), owner)
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
    .orderBy("id")
    .execute();
}

/** Ends one token, or all; returns their names. */
export async function revokeTokens(
  tx: Tx,
  owner: Owner,
  only: number | undefined,
  now: string,
): Promise<string[]> {
  let rows = tx
    .updateTable("api_token")
    .set({ revoked_at: now })
    .where("user_account_id", isOf(owner), owner)
    .where("revoked_at", "is", null);
  if (only !== undefined) rows = rows.where("id", "=", only);
  return (await rows.returning("name").execute()).map((row) => row.name);
}
