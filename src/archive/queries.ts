import type { Database, Executor } from "#db";
import { compareVersions } from "#deb";
import { MbdError } from "#platform";
import { compareText } from "./compare-text.ts";
import { findInParts } from "./in-parts.ts";
import { contentAt, distributionNamed, distributionsOf, NOW, ownersQuery } from "./suites/index.ts";
import type {
  ArchiveDistribution,
  Counts,
  ListedSource,
  ListOptions,
  Place,
  SnapshotPlace,
  SourceList,
} from "./types.ts";

/** Reading what distributions hold now, whether published yet or not. */

/** Every live suite and rollback that holds a source; live ones by name, each before its rollbacks. */
export async function places(db: Executor, repository: string, source: string): Promise<Place[]> {
  const live = await db
    .selectFrom("membership as m")
    .innerJoin("package as p", "p.id", "m.package_id")
    .select(["m.distribution_id", "m.component", "m.release_id", "p.source_version as version"])
    .distinct()
    .where("p.repository", "=", repository)
    .where("p.source", "=", source)
    .where("m.removed", "is", null)
    .execute();
  const kept = await db
    .selectFrom("rollback_membership as rm")
    .innerJoin("release as r", "r.id", "rm.release_id")
    .select(["rm.distribution_id", "rm.position", "rm.component", "rm.release_id", "r.version"])
    .where("r.repository", "=", repository)
    .where("r.source", "=", source)
    .where("rm.removed", "is", null)
    .execute();
  const distributions = await distributionsOf(db, repository);
  return distributions.flatMap((row) => {
    const rows =
      row.kind === "live"
        ? live.filter((entry) => entry.distribution_id === row.id)
        : kept.filter((entry) => entry.distribution_id === row.live_id && entry.position === row.position);
    return rows
      .map((entry) => placeOf(row, entry))
      .sort((a, b) => compareText(a.component, b.component) || compareVersions(b.version, a.version));
  });
}

/** Named snapshots that show a source, with the version there; the distribution is named with that of the snapshot. */
export async function snapshotPlaces(
  db: Executor,
  repository: string,
  source: string,
): Promise<SnapshotPlace[]> {
  const live = await db
    .selectFrom("package as p")
    .innerJoin("membership as m", "m.package_id", "p.id")
    .innerJoin("snapshot as s", "s.distribution_id", "m.distribution_id")
    .innerJoin("archive_distribution as d", "d.id", "s.distribution_id")
    .select(["d.name as of", "s.name", "m.component", "p.source_version as version"])
    .distinct()
    .where("p.repository", "=", repository)
    .where("p.source", "=", source)
    .whereRef("m.added", "<=", "s.publish")
    .where((eb) => eb.or([eb("m.removed", "is", null), eb("m.removed", ">", eb.ref("s.publish"))]))
    .execute();
  const kept = await db
    .selectFrom("release as r")
    .innerJoin("rollback_membership as rm", "rm.release_id", "r.id")
    .innerJoin("archive_distribution as d", (join) =>
      join.onRef("d.live_id", "=", "rm.distribution_id").onRef("d.position", "=", "rm.position"),
    )
    .innerJoin("snapshot as s", "s.distribution_id", "d.id")
    .select(["d.name as of", "s.name", "rm.component", "r.version"])
    .where("r.repository", "=", repository)
    .where("r.source", "=", source)
    .whereRef("rm.added", "<=", "s.publish")
    .where((eb) => eb.or([eb("rm.removed", "is", null), eb("rm.removed", ">", eb.ref("s.publish"))]))
    .execute();
  return [...live, ...kept]
    .map(({ of, name, component, version }) => ({
      distribution: `${of}/snapshots/${name}`,
      kind: "snapshot" as const,
      ...{ component, version },
    }))
    .sort((a, b) => compareText(a.distribution, b.distribution) || compareVersions(b.version, a.version));
}

function placeOf(
  row: ArchiveDistribution,
  entry: { component: string; version: string; release_id: number | null },
): Place {
  return {
    distribution: row.name,
    kind: row.kind === "rollback" ? "rollback" : "live",
    position: row.position,
    component: entry.component,
    version: entry.version,
    releaseId: entry.release_id,
  };
}

/** Sources of a distribution by name, a page at a time. @throws MbdError not_found */
export async function list(db: Database, name: string, options: ListOptions = {}): Promise<SourceList> {
  const distribution = await known(db.read, name);
  const keys = await sourceKeys(db, distribution, options.search ?? "");
  const offset = options.offset ?? 0;
  const page = keys.slice(offset, offset + Math.min(options.limit ?? 100, 1000));
  if (page.length === 0) return { total: keys.length, sources: [] };
  const rows = await db.read
    .selectFrom(contentAt(db.read, distribution, NOW))
    .innerJoin("package as p", "p.id", "c.package_id")
    .select(["p.kind", "p.name", "p.arch", "p.source", "p.source_version as version", "c.component"])
    .where("p.source", "in", [...new Set(page.map(({ source }) => source))])
    .execute();
  const sources = page.map((key): ListedSource => {
    const own = rows.filter((row) => sameKey(row, key) && row.kind !== "dsc");
    return {
      ...key,
      architectures: unique(own.map((row) => row.arch)),
      binaries: unique(own.map((row) => row.name)),
    };
  });
  return { total: keys.length, sources };
}

interface SourceKey {
  readonly source: string;
  readonly version: string;
  readonly component: string;
}

async function sourceKeys(
  db: Database,
  distribution: ArchiveDistribution,
  search: string,
): Promise<SourceKey[]> {
  let query = db.read
    .selectFrom(contentAt(db.read, distribution, NOW))
    .innerJoin("package as p", "p.id", "c.package_id")
    .select(["p.source", "p.source_version as version", "c.component"])
    .distinct();
  const part = search.toLowerCase();
  // No name has other characters, and these mean nothing to LIKE.
  if (!/^[a-z0-9+.-]*$/.test(part)) return [];
  if (part !== "") {
    query = query.where((eb) =>
      eb.or([eb("p.source", "like", `%${part}%`), eb("p.name", "like", `%${part}%`)]),
    );
  }
  // Sorted here: the order of text differs between databases and their settings.
  return (await query.execute()).sort(
    (a, b) =>
      compareText(a.source, b.source) ||
      compareText(a.component, b.component) ||
      compareVersions(b.version, a.version),
  );
}

/** How much is in each distribution of a repository, by its name. */
export async function counts(db: Executor, repository: string): Promise<Map<string, Counts>> {
  const result = new Map<string, Counts>();
  for (const distribution of await distributionsOf(db, repository)) {
    const row = await db
      .selectFrom(contentAt(db, distribution, NOW))
      .innerJoin("package as p", "p.id", "c.package_id")
      .select((eb) => [
        eb.fn.count<number>("p.source").distinct().as("sources"),
        eb.fn.countAll<number>().filterWhere("p.kind", "!=", "dsc").as("packages"),
      ])
      .executeTakeFirstOrThrow();
    result.set(distribution.name, { sources: Number(row.sources), packages: Number(row.packages) });
  }
  return result;
}

/** Which sources provide the given binary packages in a live distribution, by package; those nobody has are left out. */
export async function ownersOf(
  db: Executor,
  name: string,
  binaries: readonly string[],
): Promise<Map<string, string[]>> {
  const distribution = await known(db, name);
  const rows = await findInParts(unique(binaries), (some) => ownersQuery(db, distribution, some).execute());
  const owners = new Map<string, string[]>();
  for (const row of rows) owners.set(row.name, unique([...(owners.get(row.name) ?? []), row.source]));
  return owners;
}

/** Whether clients see a change already. @throws MbdError not_found */
export async function isPublished(db: Executor, name: string, publish: number): Promise<boolean> {
  return (await known(db, name)).published_publish >= publish;
}

async function known(db: Executor, name: string): Promise<ArchiveDistribution> {
  const distribution = await distributionNamed(db, name);
  if (distribution === undefined) throw new MbdError("not_found", { what: `Distribution '${name}'` });
  return distribution;
}

function sameKey(a: SourceKey, b: SourceKey): boolean {
  return a.source === b.source && a.version === b.version && a.component === b.component;
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}
