import type { Executor } from "#db";

/** Identities of the repositories that uploads may go to. */
export async function repositoryNames(db: Executor): Promise<string[]> {
  const rows = await db.selectFrom("repository").select("identity").orderBy("identity").execute();
  return rows.map((row) => row.identity);
}

/** Names of the live distributions, for suggestions. */
export async function distributionNames(db: Executor): Promise<string[]> {
  const rows = await db
    .selectFrom("archive_distribution")
    .select("name")
    .where("kind", "=", "live")
    .orderBy("name")
    .limit(500)
    .execute();
  return rows.map((row) => row.name);
}
