import { sql } from "kysely";
import type { Executor } from "#db";
import { findInParts } from "../in-parts.ts";
import type { ArchiveDistribution, PackageKind, PreparedPackage } from "../types.ts";
import type { Held, RollbackList, RollbackRow, SuiteFacts, SuiteState } from "./suite-state.ts";

/** Reads the part of a live suite that a change can touch: by index, whatever the size of the suite. */

export function suiteFacts(row: ArchiveDistribution): SuiteFacts {
  return {
    name: row.name,
    components: JSON.parse(row.components) as string[],
    architectures: JSON.parse(row.architectures) as string[],
    rollbacks: row.rollbacks,
    versions: row.sources_per_component,
  };
}

/** What is asked about: sources, and names of packages whatever their source. */
export interface StateQuestion {
  readonly sources: readonly string[];
  readonly names?: readonly string[];
}

export async function readState(
  db: Executor,
  row: ArchiveDistribution,
  { sources, names = [] }: StateQuestion,
): Promise<SuiteState> {
  if (sources.length + names.length > MANY) return await readWholeState(db, row);
  // Replacing one package may be the end of its release: its others have to be known.
  const owners = await sourcesNamed(db, row, names);
  const all = [...new Set([...sources, ...owners])];
  return {
    suite: suiteFacts(row),
    members: await membersOfSources(db, row, all),
    lists: await readLists(db, row, all),
  };
}

/** More than that are not looked up one by one. */
const MANY = 2000;

async function readWholeState(db: Executor, row: ArchiveDistribution): Promise<SuiteState> {
  const lists = await listRows(db, row).execute();
  return { suite: suiteFacts(row), members: await allMembers(db, row), lists: groupLists(lists) };
}

async function allMembers(db: Executor, row: ArchiveDistribution): Promise<Held[]> {
  const rows = await memberRows(db, row).where("m.distribution_id", "=", row.id).orderBy("m.id").execute();
  return rows.map(withKind);
}

/** Columns of `package as p` that make `PackageFacts`. */
const PACKAGE_FACTS = [
  "p.id as packageId",
  "p.kind",
  "p.name",
  "p.version",
  "p.arch",
  "p.source",
  "p.source_version as sourceVersion",
] as const;

function withKind<T extends { readonly kind: string }>(row: T): T & { readonly kind: PackageKind } {
  return { ...row, kind: row.kind as PackageKind };
}

function memberRows(db: Executor, row: ArchiveDistribution) {
  return presentPackages(db, row)
    .select(["m.id as membershipId", "m.release_id as releaseId", "m.component"])
    .select(PACKAGE_FACTS);
}

/** Packages with their memberships of now, in all distributions of the repository. */
function presentPackages(db: Executor, { repository }: ArchiveDistribution) {
  return db
    .selectFrom("package as p")
    .innerJoin("membership as m", "m.package_id", "p.id")
    .where("p.repository", "=", repository)
    .where("m.removed", "is", null);
}

/**
 * Packages of sources in a live distribution. The `+` keeps databases from going through all members of the
 * distribution instead of looking up the few packages.
 */
export function membersQuery(db: Executor, row: ArchiveDistribution, sources: readonly string[]) {
  return memberRows(db, row).where("p.source", "in", sources).where(sql`+m.distribution_id`, "=", row.id);
}

export async function membersOfSources(
  db: Executor,
  row: ArchiveDistribution,
  sources: readonly string[],
): Promise<Held[]> {
  if (sources.length > MANY) {
    const wanted = new Set(sources);
    return (await allMembers(db, row)).filter(({ source }) => wanted.has(source));
  }
  const members = await findInParts(sources, (some) => membersQuery(db, row, some).execute());
  return members.map(withKind).sort((a, b) => a.membershipId - b.membershipId);
}

/** Not `distinct`: for it SQLite would read the index by source, that is the whole repository. */
export function sourcesNamedQuery(db: Executor, row: ArchiveDistribution, names: readonly string[]) {
  return presentPackages(db, row)
    .select("p.source")
    .where("p.name", "in", names)
    .where(sql`+m.distribution_id`, "=", row.id);
}

/** Names of binary packages with the sources that have them in a live distribution. */
export function ownersQuery(db: Executor, row: ArchiveDistribution, names: readonly string[]) {
  return sourcesNamedQuery(db, row, names).select("p.name").where("p.kind", "!=", "dsc");
}

async function sourcesNamed(
  db: Executor,
  row: ArchiveDistribution,
  names: readonly string[],
): Promise<string[]> {
  const rows = await findInParts([...new Set(names)], (some) => sourcesNamedQuery(db, row, some).execute());
  return rows.map(({ source }) => source);
}

function listRows(db: Executor, row: ArchiveDistribution) {
  return db
    .selectFrom("rollback_membership as rm")
    .innerJoin("release as r", "r.id", "rm.release_id")
    .select(["rm.id", "rm.component", "rm.source", "rm.position", "rm.release_id as releaseId", "r.version"])
    .select(["rm.listed_at as listedAt", "rm.pinned"])
    .where("rm.distribution_id", "=", row.id)
    .where("rm.component", "in", suiteFacts(row).components)
    .where("rm.removed", "is", null);
}

export function listsQuery(db: Executor, row: ArchiveDistribution, sources: readonly string[]) {
  return listRows(db, row).where("rm.source", "in", sources);
}

async function readLists(
  db: Executor,
  row: ArchiveDistribution,
  sources: readonly string[],
): Promise<RollbackList[]> {
  return groupLists(await findInParts(sources, (some) => listsQuery(db, row, some).execute()));
}

/** Rollback lists in which something is from before a time. */
export async function readAgedLists(
  db: Executor,
  row: ArchiveDistribution,
  before: string,
): Promise<RollbackList[]> {
  const aged = await listRows(db, row).where("rm.listed_at", "<", before).execute();
  return await readLists(db, row, [...new Set(aged.map(({ source }) => source))]);
}

type ListRow = Omit<RollbackRow, "pinned"> & {
  readonly component: string;
  readonly source: string;
  readonly pinned: number;
};

function groupLists(all: readonly ListRow[]): RollbackList[] {
  const lists = new Map<string, RollbackList & { rows: RollbackRow[] }>();
  for (const { component, source, pinned, ...entry } of all) {
    const key = `${component} ${source}`;
    const list = lists.get(key) ?? { component, source, rows: [] };
    list.rows.push(pinned === 1 ? { ...entry, pinned: true } : entry);
    lists.set(key, list);
  }
  for (const { rows } of lists.values()) rows.sort((a, b) => a.position - b.position);
  return [...lists.values()];
}

export function releasePackagesQuery(db: Executor, releaseIds: readonly number[]) {
  return db
    .selectFrom("release_package as rp")
    .innerJoin("package as p", "p.id", "rp.package_id")
    .select("rp.release_id as releaseId")
    .select(PACKAGE_FACTS)
    .where("rp.release_id", "in", releaseIds);
}

/** All packages of a release, in a component of a rollback list. */
async function releasePackages(db: Executor, releaseId: number, component: string): Promise<Held[]> {
  const rows = await releasePackagesQuery(db, [releaseId]).orderBy("p.id").execute();
  return rows.map((row) => ({ ...withKind(row), component, membershipId: null }));
}

/** Packages of a source that a distribution shows: members of a live one, whole releases of a rollback. */
export async function heldIn(db: Executor, row: ArchiveDistribution, source: string): Promise<Held[]> {
  if (row.kind === "live") return await membersOfSources(db, row, [source]);
  const live = await liveOf(db, row);
  const lists = await readLists(db, live, [source]);
  const held: Held[] = [];
  for (const { component, rows } of lists) {
    const entry = rows.find(({ position }) => position === row.position);
    if (entry !== undefined) held.push(...(await releasePackages(db, entry.releaseId, component)));
  }
  return held;
}

/** The live distribution that a rollback belongs to. */
export async function liveOf(db: Executor, rollback: ArchiveDistribution): Promise<ArchiveDistribution> {
  return await db
    .selectFrom("archive_distribution")
    .selectAll()
    .where("id", "=", rollback.live_id)
    .executeTakeFirstOrThrow();
}

/** Sources with a package that one live distribution has and another has not, in the same component. */
export async function sourcesToCopy(
  db: Executor,
  from: ArchiveDistribution,
  to: ArchiveDistribution,
): Promise<string[]> {
  const rows = await db
    .selectFrom("membership as m")
    .innerJoin("package as p", "p.id", "m.package_id")
    .select("p.source")
    .distinct()
    .where("m.distribution_id", "=", from.id)
    .where("m.removed", "is", null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("membership as t")
            .select("t.id")
            .where("t.distribution_id", "=", to.id)
            .whereRef("t.component", "=", "m.component")
            .whereRef("t.package_id", "=", "m.package_id")
            .where("t.removed", "is", null),
        ),
      ),
    )
    .execute();
  return rows.map(({ source }) => source).sort();
}

/** Ids of prepared packages that have a row with the same content, in their order; others count down from -1. */
export async function packageIds(
  db: Executor,
  repository: string,
  packages: readonly PreparedPackage[],
): Promise<number[]> {
  const names = new Set(packages.map(({ name }) => name));
  const rows = await findInParts([...names], (some) =>
    db
      .selectFrom("package")
      .select(["id", "kind", "name", "version", "arch", "content_sha256 as contentSha256"])
      .where("repository", "=", repository)
      .where("name", "in", some)
      .execute(),
  );
  const known = new Map(rows.map((row) => [contentKey(row), row.id]));
  return packages.map((item, index) => known.get(contentKey(item)) ?? -1 - index);
}

function contentKey(item: {
  kind: string;
  name: string;
  version: string;
  arch: string;
  contentSha256: string;
}): string {
  return [item.kind, item.name, item.version, item.arch, item.contentSha256].join(" ");
}
