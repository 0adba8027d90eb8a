import type { Executor } from "#db";

/** Pool paths of all files of a source version, by file name. */
export async function poolPaths(
  db: Executor,
  repository: string,
  source: string,
  version: string,
): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom("package")
    .innerJoin("package_file", "package_file.package_id", "package.id")
    .select("package_file.path")
    .where("package.repository", "=", repository)
    .where("package.source", "=", source)
    .where("package.source_version", "=", version)
    .limit(1000)
    .execute();
  return new Map(rows.map(({ path }) => [path.slice(path.lastIndexOf("/") + 1), path]));
}
