import { rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { sql } from "kysely";
import type { Database } from "#db";
import { type BlobStore, exists, hashFile, statOrUndefined } from "#platform";
import { linkPoolFiles } from "../pool.ts";
import type { Finding } from "./finding.ts";

export interface PoolCheckDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  /** Directory with a directory for each repository. */
  readonly repositories: string;
}

export interface PoolCheckMode {
  readonly repair: boolean;
  readonly full: boolean;
  readonly onStep: () => void;
}

interface FileRow {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

type State = "good" | "missing" | "damaged";

const PAGE = 500;

/** Whether all files that rows name are there, with their content, under their names. */
export async function checkPool(
  deps: PoolCheckDeps,
  repository: string,
  mode: PoolCheckMode,
): Promise<Finding[]> {
  const findings = await incompletePackages(deps, repository);
  let after = "";
  for (;;) {
    const rows = await deps.db.read
      .selectFrom("pool_file")
      .select(["path", "sha256", "size"])
      .where("repository", "=", repository)
      .where("path", ">", after)
      .orderBy("path")
      .limit(PAGE)
      .execute();
    for (const row of rows) {
      const found = await checkFile(deps, repository, { ...row, size: Number(row.size) }, mode);
      if (found !== undefined) findings.push(found);
    }
    mode.onStep();
    await setImmediate();
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return findings;
    after = last.path;
  }
}

async function checkFile(
  deps: PoolCheckDeps,
  repository: string,
  row: FileRow,
  { repair, full }: PoolCheckMode,
): Promise<Finding | undefined> {
  const where = `${repository}/${row.path}`;
  const blob = deps.blobs.path(row.sha256);
  const name = join(deps.repositories, where);
  const content = await stateOf(blob, row, full);
  if (content !== "good") {
    if (!(await isStillThere(deps, repository, row))) return undefined;
    return await contentFinding(deps, { repository, row, where, state: content, repair });
  }
  const state = (await isSameFile(blob, name)) ? "good" : await stateOf(name, row, full);
  if (state === "good") return undefined;
  // Names are given by the publish that shows a package first; what is not shown needs none.
  if (state === "missing" && !(await isShown(deps, repository, row.path))) return undefined;
  if (repair) await linkPoolFiles(deps.blobs, join(deps.repositories, repository), [row]);
  const what =
    state === "missing" ? "is missing in the pool" : "has other content in the pool than in the store";
  return { kind: state === "missing" ? "name_missing" : "name_wrong", where, what, repaired: repair };
}

interface Lost {
  readonly repository: string;
  readonly row: FileRow;
  readonly where: string;
  readonly state: State;
  readonly repair: boolean;
}

/** Content of which the store has no good copy; a name in a pool may have one. */
async function contentFinding(
  deps: PoolCheckDeps,
  { repository, row, where, state, repair }: Lost,
): Promise<Finding> {
  const kind = state === "missing" ? "content_lost" : "content_damaged";
  const problem = state === "missing" ? "is not in the store" : "is damaged in the store";
  const copy = await goodCopy(deps, row);
  if (copy === undefined) {
    if (repair && state === "damaged") await setAside(deps, repository, row);
    const owners = await ownersOf(deps, repository, row.path);
    const what =
      `${problem}, and there is no other copy (${owners}): restore ${row.sha256} from a backup, or give the same ` +
      "file to 'mini-buildd archive add' again, then run 'mini-buildd archive check --repair'";
    return { kind, where, what, repaired: false };
  }
  if (repair) {
    if (state === "damaged") await setAside(deps, repository, row, copy);
    await deps.blobs.putFile(copy);
    await linkPoolFiles(deps.blobs, join(deps.repositories, repository), [row]);
  }
  return { kind, where, what: `${problem}; ${copy} has it`, repaired: repair };
}

/** A name with these bytes in the pool of any repository. */
async function goodCopy(
  { db, blobs, repositories }: PoolCheckDeps,
  row: FileRow,
): Promise<string | undefined> {
  const names = await db.read
    .selectFrom("pool_file")
    .select(["repository", "path"])
    .where("sha256", "=", row.sha256)
    .execute();
  for (const { repository, path } of names) {
    const name = join(repositories, repository, path);
    if (await isSameFile(blobs.path(row.sha256), name)) continue;
    if ((await stateOf(name, row, true)) === "good") return name;
  }
  return undefined;
}

/**
 * Damaged content makes room for good content of its name, and is kept beside it. Clients had better get nothing than
 * it, so its name in the pool goes too.
 */
async function setAside(
  { blobs, repositories }: PoolCheckDeps,
  repository: string,
  { path, sha256 }: FileRow,
  copy?: string,
): Promise<void> {
  const blob = blobs.path(sha256);
  const name = join(repositories, repository, path);
  if (name !== copy && (await isSameFile(blob, name))) await unlink(name);
  await rename(blob, `${blob}.damaged`);
}

async function stateOf(path: string, { sha256, size }: FileRow, full: boolean): Promise<State> {
  const stat = await statOrUndefined(path);
  if (stat === undefined) return "missing";
  if (stat.size !== size) return "damaged";
  return !full || (await hashFile(path)).sha256 === sha256 ? "good" : "damaged";
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = [await statOrUndefined(a), await statOrUndefined(b)];
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

/** A collection of garbage may have been quicker. */
async function isStillThere(
  { db, blobs }: PoolCheckDeps,
  repository: string,
  row: FileRow,
): Promise<boolean> {
  const again = await db.read
    .selectFrom("pool_file")
    .select("sha256")
    .where("repository", "=", repository)
    .where("path", "=", row.path)
    .executeTakeFirst();
  return again?.sha256 === row.sha256 || (again === undefined && (await exists(blobs.path(row.sha256))));
}

interface Owner {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly distribution: string | null;
  readonly shown: number;
}

/** Packages that a file belongs to, with the distributions that show them. */
async function ownersIn({ db }: PoolCheckDeps, repository: string, path: string): Promise<Owner[]> {
  const { rows } = await sql<Owner>`
    SELECT p.name, p.version, p.arch, d.name AS distribution,
        CASE WHEN d.published_publish >= m.added THEN 1 ELSE 0 END AS shown
      FROM package_file AS f JOIN package AS p ON p.id = f.package_id
      LEFT JOIN membership AS m ON m.package_id = p.id AND m.removed IS NULL
      LEFT JOIN archive_distribution AS d ON d.id = m.distribution_id
      WHERE f.repository = ${repository} AND f.path = ${path}
    UNION ALL
    SELECT p.name, p.version, p.arch, d.name AS distribution,
        CASE WHEN d.published_publish >= m.added THEN 1 ELSE 0 END AS shown
      FROM package_file AS f JOIN package AS p ON p.id = f.package_id
      JOIN release_package AS rp ON rp.package_id = p.id
      JOIN rollback_membership AS m ON m.release_id = rp.release_id AND m.removed IS NULL
      JOIN archive_distribution AS d ON d.live_id = m.distribution_id AND d.position = m.position
      WHERE f.repository = ${repository} AND f.path = ${path}`.execute(db.read);
  return rows;
}

async function isShown(deps: PoolCheckDeps, repository: string, path: string): Promise<boolean> {
  return (await ownersIn(deps, repository, path)).some(({ shown }) => Number(shown) === 1);
}

async function ownersOf(deps: PoolCheckDeps, repository: string, path: string): Promise<string> {
  const owners = await ownersIn(deps, repository, path);
  const packages = new Set(owners.map(({ name, version, arch }) => `${name} ${version} ${arch}`));
  const places = new Set(owners.flatMap(({ distribution }) => distribution ?? []));
  const of = packages.size === 0 ? "of no package" : `of ${[...packages].join(", ")}`;
  return places.size === 0 ? `${of}, in earlier states only` : `${of} in ${[...places].join(", ")}`;
}

/** Packages whose files have no row: nothing can be made from those. */
async function incompletePackages({ db }: PoolCheckDeps, repository: string): Promise<Finding[]> {
  const rows = await db.read
    .selectFrom("package as p")
    .leftJoin("package_file as f", "f.package_id", "p.id")
    .leftJoin("pool_file as pf", (join) =>
      join.onRef("pf.repository", "=", "f.repository").onRef("pf.path", "=", "f.path"),
    )
    .select(["p.name", "p.version", "p.arch", "f.path"])
    .where("p.repository", "=", repository)
    .where("pf.path", "is", null)
    .execute();
  return rows.map(({ name, version, arch, path }) => ({
    kind: "row_incomplete",
    where: path === null ? repository : `${repository}/${path}`,
    what: `${name} ${version} ${arch} has no file in the database: restore a backup, or remove the package and add it again`,
    repaired: false,
  }));
}
