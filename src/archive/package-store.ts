import type { Executor, Tx } from "#db";
import { versionsEqual } from "#deb";
import { MbdError } from "#platform";
import { inParts } from "./in-parts.ts";
import { storePaths } from "./path-lists.ts";
import { checkSameContent } from "./pool.ts";
import type { PreparedFile, PreparedPackage, PreparedRelease } from "./types.ts";

/** Rows of `pool_file`, `package`, `package_file`, `release`, `release_package`; many at a time. */

/** Where packages belong, and when they came. */
export interface PackagePlace {
  readonly repository: string;
  readonly component: string;
  readonly time: string;
}

/** @throws MbdError pool_conflict when one of the names is there, or given twice, with other bytes */
export async function checkPoolNames(
  db: Executor,
  repository: string,
  files: readonly PreparedFile[],
): Promise<ReadonlySet<string>> {
  const given = new Map<string, string>();
  for (const { path, sha256 } of files) {
    checkSameContent(path, given.get(path) ?? sha256, sha256);
    given.set(path, sha256);
  }
  const have = new Set<string>();
  for (const paths of inParts([...given.keys()])) {
    const rows = await db
      .selectFrom("pool_file")
      .select(["path", "sha256"])
      .where("repository", "=", repository)
      .where("path", "in", paths)
      .execute();
    for (const { path, sha256 } of rows) {
      checkSameContent(path, sha256, given.get(path) ?? sha256);
      have.add(path);
    }
  }
  return have;
}

/** Makes rows for the files that have none. @throws MbdError pool_conflict */
export async function registerPoolFiles(
  tx: Tx,
  repository: string,
  files: readonly PreparedFile[],
  time: string,
): Promise<void> {
  const known = await checkPoolNames(tx, repository, files);
  const fresh = new Map(files.filter(({ path }) => !known.has(path)).map((file) => [file.path, file]));
  for (const some of inParts([...fresh.values()])) {
    const rows = some.map(({ path, sha256, sizeBytes, md5, sha1 }) => ({
      repository,
      path,
      sha256,
      size: sizeBytes,
      md5,
      sha1: sha1 ?? null,
      created_at: time,
    }));
    await tx.insertInto("pool_file").values(rows).execute();
  }
}

/**
 * Makes the rows of packages and their files, lists of paths included; those that are there with the same content are
 * taken as they are. Returns their ids in the order given.
 * @throws MbdError pool_conflict when a file's name has other bytes, or when the same package, version and
 * architecture is visible in the repository with another stanza (apt would mix the two)
 */
export async function registerPackages(
  tx: Tx,
  place: PackagePlace,
  packages: readonly PreparedPackage[],
): Promise<number[]> {
  const ids: number[] = [];
  for (const some of inParts(packages)) ids.push(...(await registerSome(tx, place, some)));
  return ids;
}

async function registerSome(
  tx: Tx,
  place: PackagePlace,
  packages: readonly PreparedPackage[],
): Promise<number[]> {
  const { repository, time } = place;
  const files = packages.flatMap((item) => item.files);
  await registerPoolFiles(tx, repository, files, time);
  const known = await packagesNamed(tx, repository, packages);
  await refuseOtherStanzas(tx, known, packages);
  const ids = new Map(known.map((row) => [keyOf(row, row.content_sha256), row.id]));
  const keyed = packages.map((item) => ({ item, key: keyOf(item, item.contentSha256) }));
  const fresh = new Map(keyed.filter(({ key }) => !ids.has(key)).map(({ key, item }) => [key, item]));
  for (const [key, id] of await insertPackages(tx, place, [...fresh.values()])) ids.set(key, id);
  await insertFiles(tx, repository, fresh, ids);
  await storePaths(
    tx,
    packages.flatMap(({ paths, files: [file] }) =>
      paths === null || file === undefined ? [] : [{ sha256: file.sha256, paths }],
    ),
  );
  return keyed.map(({ key }) => idOf(ids, key));
}

/** Row of one package; the one that is there when it is the same to the byte. */
export async function registerPackage(
  tx: Tx,
  release: PreparedRelease,
  item: PreparedPackage,
  time: string,
): Promise<number> {
  const { repository, component } = release;
  const [id] = await registerPackages(tx, { repository, component, time }, [item]);
  if (id === undefined) throw new Error(`no row for ${item.name}`);
  return id;
}

/** @throws MbdError pool_conflict, see `registerPackages` */
export async function checkNoOtherStanza(
  tx: Executor,
  release: Pick<PreparedRelease, "repository" | "packages">,
): Promise<void> {
  for (const some of inParts(release.packages)) {
    await refuseOtherStanzas(tx, await packagesNamed(tx, release.repository, some), some);
  }
}

/** Row of a release with all its packages. */
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
  for (const some of inParts(packageIds)) {
    const rows = some.map((package_id) => ({ release_id: id, package_id }));
    await tx.insertInto("release_package").values(rows).execute();
  }
  return id;
}

interface PackageRow {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly content_sha256: string;
}

async function packagesNamed(
  tx: Executor,
  repository: string,
  packages: readonly PreparedPackage[],
): Promise<PackageRow[]> {
  const names = [...new Set(packages.map(({ name }) => name))];
  if (names.length === 0) return [];
  return await tx
    .selectFrom("package")
    .select(["id", "kind", "name", "version", "arch", "content_sha256"])
    .where("repository", "=", repository)
    .where("kind", "in", ["dsc", "deb", "udeb", "ddeb"])
    .where("name", "in", names)
    .execute();
}

/**
 * apt takes two stanzas of one (package, version, architecture) for one package and mixes their files: no two may be
 * visible in a repository.
 */
async function refuseOtherStanzas(
  tx: Executor,
  known: readonly PackageRow[],
  packages: readonly PreparedPackage[],
): Promise<void> {
  const byName = new Map<string, PackageRow[]>();
  for (const row of known) add(byName, nameOf(row), row);
  const pairs: { item: PreparedPackage; id: number; have: string }[] = [];
  const given = new Map<string, PreparedPackage[]>();
  for (const item of packages) {
    for (const row of byName.get(nameOf(item)) ?? []) {
      if (isOther(row, row.content_sha256, item)) {
        pairs.push({ item, id: row.id, have: row.content_sha256 });
      }
    }
    for (const other of given.get(nameOf(item)) ?? []) {
      if (isOther(other, other.contentSha256, item)) throw conflict(item, other.contentSha256);
    }
    add(given, nameOf(item), item);
  }
  const visible = await visibleOf(
    tx,
    pairs.map(({ id }) => id),
  );
  for (const { item, id, have } of pairs) if (visible.has(id)) throw conflict(item, have);
}

function isOther(row: { readonly version: string }, content: string, item: PreparedPackage): boolean {
  return content !== item.contentSha256 && versionsEqual(row.version, item.version);
}

function conflict(item: PreparedPackage, have: string): MbdError {
  const file = `${item.name} ${item.version} (${item.arch})`;
  return new MbdError("pool_conflict", { file, have, new: item.contentSha256 });
}

/** Those that some distribution, live or rollback, shows now or may show again without anything new coming. */
async function visibleOf(tx: Executor, packageIds: readonly number[]): Promise<Set<number>> {
  const visible = new Set<number>();
  for (const ids of inParts([...new Set(packageIds)])) {
    const live = await tx
      .selectFrom("membership")
      .select("package_id")
      .where("package_id", "in", ids)
      .where("removed", "is", null)
      .execute();
    const kept = await tx
      .selectFrom("release_package as rp")
      .innerJoin("rollback_membership as rm", "rm.release_id", "rp.release_id")
      .select("rp.package_id")
      .where("rp.package_id", "in", ids)
      .where("rm.removed", "is", null)
      .execute();
    // Of a release that lost a package to a newer one, all can come back: it goes to a rollback as a whole.
    const partly = await tx
      .selectFrom("release_package as rp")
      .innerJoin("release_package as sibling", "sibling.release_id", "rp.release_id")
      .innerJoin("membership as m", (join) =>
        join.onRef("m.package_id", "=", "sibling.package_id").onRef("m.release_id", "=", "rp.release_id"),
      )
      .select("rp.package_id")
      .where("rp.package_id", "in", ids)
      .where("m.removed", "is", null)
      .execute();
    for (const { package_id } of [...live, ...kept, ...partly]) visible.add(package_id);
  }
  return visible;
}

async function insertPackages(
  tx: Tx,
  { repository, component, time }: PackagePlace,
  packages: readonly PreparedPackage[],
): Promise<[string, number][]> {
  if (packages.length === 0) return [];
  const values = packages.map((item) => ({
    repository,
    kind: item.kind,
    name: item.name,
    version: item.version,
    arch: item.arch,
    source: item.source,
    source_version: item.sourceVersion,
    component,
    section: item.section,
    stanza: item.stanza,
    content_sha256: item.contentSha256,
    created_at: time,
  }));
  const rows = await tx
    .insertInto("package")
    .values(values)
    .returning(["id", "kind", "name", "version", "arch", "content_sha256"])
    .execute();
  return rows.map((row) => [keyOf(row, row.content_sha256), row.id]);
}

async function insertFiles(
  tx: Tx,
  repository: string,
  fresh: ReadonlyMap<string, PreparedPackage>,
  ids: ReadonlyMap<string, number>,
): Promise<void> {
  const rows = [...fresh].flatMap(([key, { files }]) =>
    files.map(({ path }) => ({ package_id: idOf(ids, key), repository, path, contents_sha256: null })),
  );
  for (const some of inParts(rows)) await tx.insertInto("package_file").values(some).execute();
}

/** What makes two rows the same package: `package_once` of the database. */
function keyOf(item: { kind: string; name: string; version: string; arch: string }, content: string): string {
  return [item.kind, item.name, item.version, item.arch, content].join(" ");
}

function nameOf({ kind, name, arch }: { kind: string; name: string; arch: string }): string {
  // Debug symbol packages stand in the same index as ordinary ones.
  return `${kind === "ddeb" ? "deb" : kind} ${name} ${arch}`;
}

function idOf(ids: ReadonlyMap<string, number>, key: string): number {
  const id = ids.get(key);
  if (id === undefined) throw new Error(`no row for ${key}`);
  return id;
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function fileList(files: readonly { name: string; sha256: string; sizeBytes: number }[]): string {
  return JSON.stringify(files.map(({ name, sha256, sizeBytes }) => ({ name, sha256, size: sizeBytes })));
}
