import type { Executor, NewRow, Tx } from "#db";
import { listRights } from "./right-store.ts";
import { scopeOf, type UploadScope } from "./upload-scope.ts";

/** A key that may sign uploads to a repository. */
export interface UploaderKey {
  readonly fingerprint: string;
  readonly user_id: string;
  /** Binary export, base64. */
  readonly key: string;
  /** Whose it is; of those the administrator added nobody's. */
  readonly user?: string;
  /** What it may upload there: what any of these covers. */
  readonly may: readonly UploadScope[];
}

/** Gives a key the right to upload to a repository; saying it again renews the key's data and what it may. */
export async function saveUploaderKey(tx: Tx, key: NewRow<"uploader_key">): Promise<void> {
  const { key: data, user_id, active, suites = "", sources = "" } = key;
  await tx
    .insertInto("uploader_key")
    .values(key)
    .onConflict((conflict) =>
      conflict
        .columns(["repository", "fingerprint"])
        .doUpdateSet({ key: data, user_id, active, suites, sources }),
    )
    .execute();
}

/** All that are active, whatever they may upload: to tell a known key from an unknown one. */
export async function listActiveKeys(db: Executor): Promise<Pick<UploaderKey, "fingerprint" | "key">[]> {
  return [...(await addedKeys(db).execute()), ...(await keysOfUsers(db).execute())];
}

/**
 * Keys that may upload to a repository, all of it or some: those the administrator added to it, and activated keys of
 * active users with a right for it.
 */
export async function listUploaderKeys(db: Executor, repository: string): Promise<UploaderKey[]> {
  const added = await addedKeys(db).where("repository", "=", repository).execute();
  const rights = await listRights(db, { repository });
  const own = (await keysOfUsers(db).execute()).map(({ userId, user_ids, ...key }) => {
    const may = rights.filter((right) => right.userId === userId);
    return { ...key, user_id: firstOf(user_ids), may: may.map(onlyScope) };
  });
  return [
    ...added.map(({ suites, sources, ...key }) => ({ ...key, may: [scopeOf({ suites, sources })] })),
    ...own.filter(({ may }) => may.length > 0),
  ];
}

/** The data of a key by its fingerprint, as the administrator added it. */
export async function findUploaderKey(db: Executor, fingerprint: string): Promise<string | undefined> {
  const row = await addedKeys(db).where("fingerprint", "=", fingerprint).executeTakeFirst();
  return row?.key;
}

function addedKeys(db: Executor) {
  return db
    .selectFrom("uploader_key")
    .select(["fingerprint", "user_id", "key", "suites", "sources"])
    .where("active", "=", 1)
    .orderBy("id");
}

function keysOfUsers(db: Executor) {
  return db
    .selectFrom("user_key")
    .innerJoin("user_account", "user_account.id", "user_key.user_account_id")
    .select(["user_key.fingerprint", "user_key.user_ids", "user_key.key", "user_account.name as user"])
    .select("user_account.id as userId")
    .where("user_account.active", "=", 1)
    .where("user_key.activated_at", "is not", null)
    .orderBy("user_key.id");
}

function onlyScope({ suites, sources }: UploadScope): UploadScope {
  return { suites, sources };
}

function firstOf(userIds: string): string {
  return (JSON.parse(userIds) as string[])[0] ?? "";
}
