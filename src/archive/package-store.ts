import type { Executor, Tx } from "#db";
import { versionsEqual } from "#deb";
import { MbdError } from "#platform";
import { checkSameContent } from "./pool.ts";
import type { PreparedFile, PreparedPackage, PreparedRelease } from "./types.ts";

/** Rows of `pool_file`, `package`, `package_file`, `release`, `release_package`. */

/** @throws MbdError pool_conflict when one of the names is there with other bytes */
export async function checkPoolNames(
  db: Executor,
  repository: string,
  files: readonly PreparedFile[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom("pool_file")
    .select(["path", "sha256"])
    .where("repository", "=", repository)
    .where(
      "path",
      "in",
      files.map(({ path }) => path),
    )
    .execute();
  const have = new Map(rows.map((row) => [row.path, row.sha256]));
  for (const { path, sha256 } of files) checkSameContent(path, have.get(path) ?? sha256, sha256);
  return new Set(have.keys());
}

/** Makes rows for the files that have none. @throws MbdError pool_conflict */
export async function registerPoolFiles(
  tx: Tx,
  repository: string,
  files: readonly PreparedFile[],
  time: string,
): Promise<void> {
  const known = await checkPoolNames(tx, repository, files);
  for (const { path, sha256, sizeBytes, md5 } of files) {
    if (known.has(path)) continue;
    await tx
      .insertInto("pool_file")
      .values({ repository, path, sha256, size: sizeBytes, md5, sha1: null, created_at: time })
      .execute();
  }
}

/** Row of a package; the one that is there when it is the same to the byte. */
export async function registerPackage(
  tx: Tx,
  release: PreparedRelease,
  item: PreparedPackage,
  time: string,
): Promise<number> {
  const same = await tx
    .selectFrom("package")
    .select("id")
    .where("repository", "=", release.repository)
    .where("kind", "=", item.kind)
    .where("name", "=", item.name)
    .where("version", "=", item.version)
    .where("arch", "=", item.arch)
    .where("content_sha256", "=", item.contentSha256)
    .executeTakeFirst();
  if (same !== undefined) return same.id;
  const { id } = await tx
    .insertInto("package")
    .values({
      repository: release.repository,
      kind: item.kind,
      name: item.name,
      version: item.version,
      arch: item.arch,
      source: release.source,
      source_version: release.version,
      component: release.component,
      section: item.section,
      stanza: item.stanza,
      content_sha256: item.contentSha256,
      created_at: time,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const files = item.files.map(({ path }) => ({
    package_id: id,
    repository: release.repository,
    path,
    contents_sha256: item.contentsSha256,
  }));
  await tx.insertInto("package_file").values(files).execute();
  return id;
}

/**
 * apt takes two stanzas of one (package, version, architecture) for one package and mixes their files: no two may be
 * visible in a repository. @throws MbdError pool_conflict
 */
export async function checkNoOtherStanza(tx: Tx, release: PreparedRelease): Promise<void> {
  const rows = await tx
    .selectFrom("package")
    .select(["id", "kind", "name", "version", "arch", "content_sha256"])
    .where("repository", "=", release.repository)
    .where("kind", "in", ["dsc", "deb", "udeb", "ddeb"])
    .where(
      "name",
      "in",
      release.packages.map(({ name }) => name),
    )
    .execute();
  for (const item of release.packages) {
    const other = rows.filter(
      (row) =>
        row.name === item.name &&
        row.arch === item.arch &&
        indexOf(row.kind) === indexOf(item.kind) &&
        row.content_sha256 !== item.contentSha256 &&
        versionsEqual(row.version, item.version),
    );
    for (const row of other) {
      if (!(await isVisible(tx, row.id))) continue;
      const file = `${item.name} ${item.version} (${item.arch})`;
      throw new MbdError("pool_conflict", { file, have: row.content_sha256, new: item.contentSha256 });
    }
  }
}

export async function insertRelease(
  tx: Tx,
  release: PreparedRelease,
  packageIds: readonly number[],
  time: string,
): Promise<number> {
  const { id } = await tx
    .insertInto("release")
    .values({
      repository: release.repository,
      component: release.component,
      source: release.source,
      version: release.version,
      bkey: release.bkey,
      buildinfos: fileList(release.buildinfos),
      changes: fileList(release.changes),
      created_at: time,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const rows = packageIds.map((package_id) => ({ release_id: id, package_id }));
  await tx.insertInto("release_package").values(rows).execute();
  return id;
}

/** Debug symbol packages stand in the same index as ordinary ones. */
function indexOf(kind: string): string {
  return kind === "ddeb" ? "deb" : kind;
}

async function isVisible(tx: Tx, packageId: number): Promise<boolean> {
  const live = await tx
    .selectFrom("membership")
    .select("id")
    .where("package_id", "=", packageId)
    .where("removed", "is", null)
    .executeTakeFirst();
  if (live !== undefined) return true;
  const kept = await tx
    .selectFrom("release_package as rp")
    .innerJoin("rollback_membership as rm", "rm.release_id", "rp.release_id")
    .select("rm.id")
    .where("rp.package_id", "=", packageId)
    .where("rm.removed", "is", null)
    .executeTakeFirst();
  return kept !== undefined;
}

function fileList(files: readonly { name: string; sha256: string; sizeBytes: number }[]): string {
  return JSON.stringify(files.map(({ name, sha256, sizeBytes }) => ({ name, sha256, size: sizeBytes })));
}
