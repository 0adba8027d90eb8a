import type { Executor } from "#db";
import { type BlobStore, MbdError } from "#platform";
import type { LocalFile, PoolFile, ReleaseFiles, SourceFiles } from "./types.ts";

/** Files of packages: by name, and all of a release. */

/**
 * A file of the pool by its name alone (components may hold equal names; main comes first). Names of source files and
 * packages begin with the name of their package, which is what they are found by.
 */
export async function poolFile(
  db: Executor,
  blobs: BlobStore,
  repository: string,
  fileName: string,
): Promise<PoolFile | undefined> {
  const files = await poolFiles(db, blobs, repository, fileName);
  return files[0];
}

/** All files of the pool with a name: one for each component that has it. */
export async function poolFiles(
  db: Executor,
  blobs: BlobStore,
  repository: string,
  fileName: string,
): Promise<PoolFile[]> {
  const rows = await db
    .selectFrom("package as p")
    .innerJoin("package_file as f", "f.package_id", "p.id")
    .innerJoin("pool_file as pf", (join) =>
      join.onRef("pf.repository", "=", "f.repository").onRef("pf.path", "=", "f.path"),
    )
    .select(["pf.path", "pf.sha256", "pf.size"])
    .distinct()
    .where("p.repository", "=", repository)
    .where("p.kind", "in", ["dsc", "deb", "udeb", "ddeb"])
    .where("p.name", "=", fileName.slice(0, Math.max(0, fileName.indexOf("_"))))
    .execute();
  return rows
    .filter(({ path }) => path.endsWith(`/${fileName}`))
    .map((row) => ({
      path: blobs.path(row.sha256),
      poolPath: row.path,
      sha256: row.sha256,
      size: Number(row.size),
    }))
    .sort((a, b) => rank(a.poolPath) - rank(b.poolPath) || (a.poolPath < b.poolPath ? -1 : 1));
}

/**
 * All versions of a source whose files are kept in the pools of repositories (none: of all), wherever they are listed;
 * by repository.
 */
export async function sourceVersions(
  db: Executor,
  repositories: readonly string[],
  source: string,
): Promise<SourceFiles[]> {
  const rows = await db
    .selectFrom("package as p")
    .innerJoin("package_file as f", "f.package_id", "p.id")
    .innerJoin("pool_file as pf", (join) =>
      join.onRef("pf.repository", "=", "f.repository").onRef("pf.path", "=", "f.path"),
    )
    .select(["p.id", "p.repository", "p.component", "p.version", "pf.path", "pf.sha256", "pf.size"])
    .where("p.kind", "=", "dsc")
    .where("p.name", "=", source)
    .$if(repositories.length > 0, (query) => query.where("p.repository", "in", repositories))
    .orderBy("p.repository")
    .orderBy("p.id")
    .execute();
  const packages = new Map<number, typeof rows>();
  for (const row of rows) packages.set(row.id, [...(packages.get(row.id) ?? []), row]);
  return [...packages.values()].flatMap((own) => {
    const [first] = own;
    const files = own.map(localFile);
    const dsc = files.find(({ name }) => name.endsWith(".dsc"));
    if (first === undefined || dsc === undefined) return [];
    const { repository, component, version } = first;
    return [{ repository, component, version, dsc, files }];
  });
}

/** Everything a release is made of. @throws MbdError not_found */
export async function releaseFiles(db: Executor, releaseId: number): Promise<ReleaseFiles> {
  const release = await db.selectFrom("release").selectAll().where("id", "=", releaseId).executeTakeFirst();
  if (release === undefined) throw new MbdError("not_found", { what: `Release ${releaseId}` });
  const rows = await db
    .selectFrom("release_package as rp")
    .innerJoin("package as p", "p.id", "rp.package_id")
    .innerJoin("package_file as f", "f.package_id", "p.id")
    .innerJoin("pool_file as pf", (join) =>
      join.onRef("pf.repository", "=", "f.repository").onRef("pf.path", "=", "f.path"),
    )
    .select(["p.kind", "pf.path", "pf.sha256", "pf.size"])
    .where("rp.release_id", "=", releaseId)
    .orderBy("pf.path")
    .execute();
  const files = rows.map((row) => ({ kind: row.kind, file: localFile(row) }));
  const sources = files.filter(({ kind }) => kind === "dsc").map(({ file }) => file);
  return {
    repository: release.repository,
    component: release.component,
    source: release.source,
    version: release.version,
    bkey: release.bkey,
    dsc: sources.find(({ name }) => name.endsWith(".dsc")) ?? null,
    sourceFiles: sources.filter(({ name }) => !name.endsWith(".dsc")),
    debs: files.filter(({ kind }) => kind !== "dsc").map(({ file }) => file),
    buildinfos: parseFiles(release.buildinfos),
    changes: parseFiles(release.changes),
  };
}

function localFile(row: { path: string; sha256: string; size: number }): LocalFile {
  return { name: row.path.split("/").at(-1) ?? "", sha256: row.sha256, sizeBytes: Number(row.size) };
}

function parseFiles(json: string): LocalFile[] {
  const files = JSON.parse(json) as { name: string; sha256: string; size: number }[];
  return files.map(({ name, sha256, size }) => ({ name, sha256, sizeBytes: size }));
}

function rank(path: string): number {
  return path.startsWith("pool/main/") ? 0 : 1;
}
