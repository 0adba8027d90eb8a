import type { Executor, NewRow, Row, Tx } from "#db";

/** A key that may sign uploads. */
export interface UploaderKey {
  readonly fingerprint: string;
  readonly user_id: string;
  /** Binary export, base64. */
  readonly key: string;
  /** Whose it is; of those the administrator added nobody's. */
  readonly user?: string;
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

/**
 * Keys that may upload to a repository: those the administrator added to it, and activated keys of active users with
 * the right for it. Without a repository: all that are active at all, to tell a known key from an unknown one.
 */
export async function listUploaderKeys(db: Executor, repository?: string): Promise<UploaderKey[]> {
  let added = db
    .selectFrom("uploader_key")
    .select(["fingerprint", "user_id", "key"])
    .where("active", "=", 1)
    .orderBy("id");
  let own = db
    .selectFrom("user_key")
    .innerJoin("user_account", "user_account.id", "user_key.user_account_id")
    .select(["user_key.fingerprint", "user_key.user_ids", "user_key.key", "user_account.name as user"])
    .where("user_account.active", "=", 1)
    .where("user_key.activated_at", "is not", null)
    .orderBy("user_key.id");
  if (repository !== undefined) {
    added = added.where("repository", "=", repository);
    own = own.where((eb) =>
      eb.exists(
        eb
          .selectFrom("upload_right")
          .select("upload_right.repository")
          .whereRef("upload_right.user_account_id", "=", "user_account.id")
          .where("upload_right.repository", "=", repository),
      ),
    );
  }
  const users = (await own.execute()).map(({ user_ids, ...row }) => ({
    ...row,
    user_id: firstOf(user_ids),
  }));
  return [...(await added.execute()), ...users];
}

/** The data of a key by its fingerprint, as the administrator added it. */
export async function findUploaderKey(db: Executor, fingerprint: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("uploader_key")
    .select("key")
    .where("fingerprint", "=", fingerprint)
    .where("active", "=", 1)
    .executeTakeFirst();
  return row?.key;
}

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

function firstOf(userIds: string): string {
  return (JSON.parse(userIds) as string[])[0] ?? "";
}
