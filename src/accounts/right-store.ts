import type { Executor, NewRow, Tx } from "#db";

export interface UploadRight {
  readonly userId: number;
  readonly repository: string;
}

/** Rights of one user, or all. */
export async function listRights(db: Executor, userId?: number): Promise<UploadRight[]> {
  const rows = db
    .selectFrom("upload_right")
    .select(["user_account_id as userId", "repository"])
    .orderBy("repository");
  return await (userId === undefined ? rows : rows.where("user_account_id", "=", userId)).execute();
}

export async function insertRights(tx: Tx, rights: readonly NewRow<"upload_right">[]): Promise<void> {
  if (rights.length > 0) await tx.insertInto("upload_right").values(rights).execute();
}

export async function deleteRights(tx: Tx, userId: number, repositories: readonly string[]): Promise<void> {
  if (repositories.length === 0) return;
  await tx
    .deleteFrom("upload_right")
    .where("user_account_id", "=", userId)
    .where("repository", "in", repositories)
    .execute();
}

export async function repositoryNames(db: Executor): Promise<string[]> {
  const rows = await db.selectFrom("repository").select("identity").orderBy("identity").execute();
  return rows.map((row) => row.identity);
}
