import type { Executor, NewRow, Row, Tx } from "#db";

export async function insertToken(tx: Tx, token: NewRow<"api_token">): Promise<void> {
  await tx.insertInto("api_token").values(token).execute();
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

/** Makes an account, or gives an existing one of that name a new level and password. */
export async function saveUser(tx: Tx, user: NewRow<"user_account">): Promise<void> {
  const { level, password_hash, active } = user;
  await tx
    .insertInto("user_account")
    .values(user)
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ level, password_hash, active }))
    .execute();
}

export async function findUser(db: Executor, name: string): Promise<Row<"user_account"> | undefined> {
  return await db
    .selectFrom("user_account")
    .selectAll()
    .where("name", "=", name)
    .where("active", "=", 1)
    .executeTakeFirst();
}

export async function listUsers(db: Executor): Promise<{ name: string; level: string }[]> {
  return await db
    .selectFrom("user_account")
    .select(["name", "level"])
    .where("active", "=", 1)
    .orderBy("name")
    .execute();
}

/** Gives a key the right to upload to a repository; saying it again renews the key's data. */
export async function saveUploaderKey(tx: Tx, key: NewRow<"uploader_key">): Promise<void> {
  const { key: data, user_id, active } = key;
  await tx
    .insertInto("uploader_key")
    .values(key)
    .onConflict((conflict) =>
      conflict.columns(["repository", "fingerprint"]).doUpdateSet({ key: data, user_id, active }),
    )
    .execute();
}

/** Keys of all active uploaders, of every repository. */
export async function listUploaderKeys(db: Executor, repository?: string): Promise<Row<"uploader_key">[]> {
  const keys = db.selectFrom("uploader_key").selectAll().where("active", "=", 1).orderBy("id");
  return await (repository === undefined ? keys : keys.where("repository", "=", repository)).execute();
}
