import type { Executor } from "#db";

/** The packaging with a build key, or the build of it that the architecture behind the key names. */
export async function findByBkey(
  db: Executor,
  bkey: string,
): Promise<{ readonly kind: "packaging" | "build"; readonly id: number } | undefined> {
  const [key = "", arch] = bkey.split(" ", 2);
  const packaging = await db.selectFrom("packaging").select("id").where("bkey", "=", key).executeTakeFirst();
  if (packaging === undefined || arch === undefined)
    return packaging === undefined ? undefined : { kind: "packaging", id: packaging.id };
  const build = await db
    .selectFrom("build")
    .select("id")
    .where("packaging_id", "=", packaging.id)
    .where("bkey", "=", bkey)
    .orderBy("id", "desc")
    .executeTakeFirst();
  return build === undefined ? { kind: "packaging", id: packaging.id } : { kind: "build", id: build.id };
}
