import { basename } from "node:path";
import { type RawBuilder, sql } from "kysely";
import type { Database } from "#db";
import type { PoolEntry } from "../pool.ts";
import type { ArchiveDistribution } from "../types.ts";
import type { IndexedPackage } from "./package-order.ts";

/**
 * What a distribution holds at a publish, and what changed between two. Order of joins is fixed (CROSS JOIN means that
 * for SQLite): each query follows one index to few rows, whatever statistics the database has.
 */

/** A distribution at a publish. */
export interface State {
  readonly db: Database;
  readonly row: ArchiveDistribution;
  readonly at: number;
}

/** What belongs to indices, and the key in those of packages. */
export interface TouchedPackage {
  readonly kind: string;
  readonly arch: string;
  readonly name: string;
  readonly component: string;
}

/** A package with what Contents say of it. */
export interface ContentsPackage extends TouchedPackage {
  readonly id: number;
  readonly section: string;
  /** Of the .deb, or of the .dsc. */
  readonly sha256: string;
}

export interface StatePackage extends IndexedPackage {
  readonly id: number;
  readonly section: string;
}

/** Selecting from `package as p`: joins to what makes it a member, and the condition. */
interface Membership {
  readonly join: RawBuilder<unknown>;
  readonly where: RawBuilder<unknown>;
  readonly component: RawBuilder<unknown>;
}

/** A plus in front of a column keeps SQLite from following an index that begins with it. */
function membership({ row, at }: State): Membership {
  const current = sql`+m.added <= ${at} AND (m.removed IS NULL OR +m.removed > ${at})`;
  if (row.kind === "rollback") {
    const components = JSON.parse(row.components) as string[];
    return {
      join: sql`CROSS JOIN rollback_membership AS m CROSS JOIN release_package AS rp`,
      where: sql`m.distribution_id = ${row.live_id ?? -1} AND m.component IN (${sql.join(components)})
        AND m.source = p.source AND +m.position = ${row.position ?? -1} AND ${current}
        AND rp.release_id = m.release_id AND rp.package_id = p.id`,
      component: sql`m.component`,
    };
  }
  return {
    join: sql`CROSS JOIN membership AS m`,
    where: sql`m.package_id = p.id AND +m.distribution_id = ${row.id} AND ${current}`,
    component: sql`m.component`,
  };
}

/** Names are ASCII and in order of bytes, as the index on them. */
function nameColumn(db: Database): RawBuilder<unknown> {
  return db.dialect === "postgres" ? sql`p.name COLLATE "C"` : sql`p.name`;
}

/** Packages of an index by range of names: `from` is in it, `until` not. */
export async function packagesBetween(
  state: State,
  index: { component: string; kinds: readonly string[]; arches: readonly string[] },
  range: { from: string | undefined; until: string | undefined },
): Promise<IndexedPackage[]> {
  const { join, where, component } = membership(state);
  const name = nameColumn(state.db);
  const arch = index.arches.length === 0 ? sql`` : sql`AND p.arch IN (${sql.join(index.arches)})`;
  const from = range.from === undefined ? sql`` : sql`AND ${name} >= ${range.from}`;
  const until = range.until === undefined ? sql`` : sql`AND ${name} < ${range.until}`;
  const { rows } = await sql<IndexedPackage>`
    SELECT p.id, p.kind, p.name, p.version, p.arch, ${component} AS component, p.stanza
    FROM package AS p ${join}
    WHERE p.repository = ${state.row.repository} ${from} ${until}
      AND p.kind IN (${sql.join(index.kinds)}) ${arch} AND ${component} = ${index.component} AND ${where}`.execute(
    state.db.read,
  );
  return rows;
}

const BATCH = 500;

/** All packages by name, some hundred at a time. */
export async function* packagesByName(state: State): AsyncGenerator<StatePackage[]> {
  const { join, where, component } = membership(state);
  const name = nameColumn(state.db);
  let after = { name: "", id: 0 };
  for (;;) {
    const { rows } = await sql<StatePackage>`
      SELECT p.id, p.kind, p.name, p.version, p.arch, p.section, ${component} AS component, p.stanza
      FROM package AS p ${join}
      WHERE p.repository = ${state.row.repository} AND (${name}, p.id) > (${after.name}, ${after.id})
        AND ${where}
      ORDER BY ${name}, p.id LIMIT ${BATCH}`.execute(state.db.read);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    after = { name: last.name, id: last.id };
  }
}

/** Packages of some names, as Contents need them. */
export async function contentsOfNames(state: State, names: readonly string[]): Promise<ContentsPackage[]> {
  const { join, where, component } = membership(state);
  const found: ContentsPackage[] = [];
  for (const some of parts(names, 200)) {
    const { rows } = await sql<ContentsPackage>`
      SELECT p.id, p.kind, p.arch, p.name, p.section, ${component} AS component, pf.sha256
      FROM package AS p ${join} CROSS JOIN package_file AS f CROSS JOIN pool_file AS pf
      WHERE p.repository = ${state.row.repository} AND p.kind IN ('deb', 'ddeb', 'udeb', 'dsc')
        AND p.name IN (${sql.join(some)}) AND ${where} AND ${mainFile}`.execute(state.db.read);
    found.push(...rows);
  }
  return found;
}

/** The file that stands for a package: the .deb, or of a source its .dsc. */
const mainFile = sql`f.package_id = p.id AND pf.repository = f.repository AND pf.path = f.path
  AND (p.kind <> 'dsc' OR f.path LIKE '%.dsc')`;

/** SHA-256 of the file that stands for each package. */
export async function mainFiles(db: Database, ids: readonly number[]): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const some of parts(ids, 500)) {
    const { rows } = await sql<{ id: number; sha256: string }>`
      SELECT p.id, pf.sha256 FROM package AS p CROSS JOIN package_file AS f CROSS JOIN pool_file AS pf
      WHERE p.id IN (${sql.join(some)}) AND ${mainFile}`.execute(db.read);
    for (const { id, sha256 } of rows) found.set(id, sha256);
  }
  return found;
}

/** Weak sums of the files of packages, where they are known. */
export async function weakSumsOf(
  db: Database,
  ids: readonly number[],
): Promise<Map<number, { md5: string | null; sha1: string | null }>> {
  const found = new Map<number, { md5: string | null; sha1: string | null }>();
  for (const some of parts(ids, 500)) {
    const { rows } = await sql<{ id: number; md5: string | null; sha1: string | null }>`
      SELECT p.id, pf.md5, pf.sha1 FROM package AS p CROSS JOIN package_file AS f CROSS JOIN pool_file AS pf
      WHERE p.id IN (${sql.join(some)}) AND p.kind <> 'dsc' AND ${mainFile}`.execute(db.read);
    for (const { id, md5, sha1 } of rows) found.set(id, { md5, sha1 });
  }
  return found;
}

/** SHA-1 of the files of sources, by name, where they are known. */
export async function sourceSha1sOf(
  db: Database,
  ids: readonly number[],
): Promise<Map<number, Map<string, string>>> {
  const found = new Map<number, Map<string, string>>();
  for (const some of parts(ids, 500)) {
    const { rows } = await sql<{ id: number; path: string; sha1: string }>`
      SELECT p.id, pf.path, pf.sha1 FROM package AS p CROSS JOIN package_file AS f CROSS JOIN pool_file AS pf
      WHERE p.id IN (${sql.join(some)}) AND p.kind = 'dsc' AND f.package_id = p.id
        AND pf.repository = f.repository AND pf.path = f.path AND pf.sha1 IS NOT NULL`.execute(db.read);
    for (const { id, path, sha1 } of rows) {
      const files = found.get(id) ?? new Map<string, string>();
      found.set(id, files.set(basename(path), sha1));
    }
  }
  return found;
}

/**
 * Packages that were added or removed between two publishes, whichever is the later; undefined when there are more
 * than `most`. Packages that came and went between are among them.
 */
export async function changesBetween(
  { db, row, at }: State,
  other: number,
  most: number,
): Promise<TouchedPackage[] | undefined> {
  const [low, high] = [Math.min(at, other), Math.max(at, other)];
  const table = row.kind === "rollback" ? sql`rollback_membership` : sql`membership`;
  const place =
    row.kind === "rollback"
      ? sql`m.distribution_id = ${row.live_id ?? -1} AND m.position = ${row.position ?? -1}`
      : sql`m.distribution_id = ${row.id}`;
  const packages =
    row.kind === "rollback"
      ? sql`CROSS JOIN release_package AS rp CROSS JOIN package AS p
          WHERE rp.release_id = m.release_id AND p.id = rp.package_id`
      : sql`CROSS JOIN package AS p WHERE p.id = m.package_id`;
  const touched: TouchedPackage[] = [];
  for (const column of [sql`m.added`, sql`m.removed`]) {
    const { rows } = await sql<TouchedPackage>`
      SELECT p.kind, p.arch, p.name, m.component FROM ${table} AS m ${packages}
        AND ${place} AND ${column} > ${low} AND ${column} <= ${high} LIMIT ${most + 1}`.execute(db.read);
    if (rows.length > most) return undefined;
    touched.push(...rows);
  }
  return touched.length > most ? undefined : touched;
}

/** Files of packages that came after a publish. */
export async function newFiles({ db, row, at }: State, since: number): Promise<PoolEntry[]> {
  const from =
    row.kind === "rollback"
      ? sql`rollback_membership AS m CROSS JOIN release_package AS rp CROSS JOIN package_file AS f CROSS JOIN pool_file AS pf
          WHERE m.distribution_id = ${row.live_id ?? -1} AND m.position = ${row.position ?? -1}
            AND rp.release_id = m.release_id AND f.package_id = rp.package_id`
      : sql`membership AS m CROSS JOIN package_file AS f CROSS JOIN pool_file AS pf
          WHERE m.distribution_id = ${row.id} AND f.package_id = m.package_id`;
  const { rows } = await sql<PoolEntry>`
    SELECT DISTINCT pf.path, pf.sha256 FROM ${from}
      AND m.added > ${since} AND m.added <= ${at} AND (m.removed IS NULL OR m.removed > ${at})
      AND pf.repository = f.repository AND pf.path = f.path`.execute(db.read);
  return rows;
}

function* parts<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
