import type { Executor, NewRow, Tx } from "#db";
import { scopeOf, type UploadScope } from "./upload-scope.ts";

export interface UploadRight extends UploadScope {
  readonly id: number;
  readonly userId: number;
  readonly repository: string;
}

/** Rights of one user, for one repository, or all. */
export async function listRights(
  db: Executor,
  of: { readonly userId?: number; readonly repository?: string } = {},
): Promise<UploadRight[]> {
  let rows = db
    .selectFrom("upload_right")
    .select(["id", "user_account_id as userId", "repository", "suites", "sources"])
    .orderBy("repository")
    .orderBy("id");
  if (of.userId !== undefined) rows = rows.where("user_account_id", "=", of.userId);
  if (of.repository !== undefined) rows = rows.where("repository", "=", of.repository);
  return (await rows.execute()).map((row) => ({ ...row, ...scopeOf(row) }));
}

export async function insertRight(tx: Tx, right: NewRow<"upload_right">): Promise<void> {
  await tx.insertInto("upload_right").values(right).execute();
}

export async function deleteRight(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom("upload_right").where("id", "=", id).execute();
}

export async function repositoryNames(db: Executor): Promise<string[]> {
  const rows = await db.selectFrom("repository").select("identity").orderBy("identity").execute();
  return rows.map((row) => row.identity);
}

/** Suites of a repository that take uploads. */
export async function suitesForUploads(db: Executor, repository: string): Promise<string[]> {
  const rows = await db
    .selectFrom("suite")
    .innerJoin("repository", "repository.layout_id", "suite.layout_id")
    .select("suite.name")
    .where("repository.identity", "=", repository)
    .where("suite.uploadable", "=", 1)
    .orderBy("suite.name")
    .execute();
  return rows.map((row) => row.name);
}
