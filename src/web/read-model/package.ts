import type { Executor, Row } from "#db";
import { resultView } from "./build-result.ts";

/** One version of a source in one distribution. */
export interface Place {
  readonly distribution: Row<"archive_distribution">;
  readonly component: string;
  readonly version: string;
  readonly since: string | null;
}

export interface BinaryView {
  readonly id: number;
  readonly repository: string;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly kind: string;
  readonly sourceVersion: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

export interface SourceView {
  readonly source: string;
  readonly places: readonly Place[];
  /** Packages of all versions that are somewhere, the source package among them. */
  readonly packages: readonly BinaryView[];
  /** What was there when they were built. */
  readonly buildinfos: readonly BuildinfoView[];
  /** What keeps it from migrating by itself. */
  readonly holds: readonly Row<"migration_hold">[];
}

/** A `.buildinfo` of a release, kept with the build that made it. */
export interface BuildinfoView {
  readonly version: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly build: number;
  readonly arch: string;
}

const ROWS = 2000;

/** Where a source is, live suites and rollbacks, and what belongs to it; undefined when it is nowhere. */
export async function findSource(db: Executor, source: string): Promise<SourceView | undefined> {
  const repositories = (await db.selectFrom("repository").select("identity").limit(100).execute()).map(
    (row) => row.identity,
  );
  if (repositories.length === 0) return undefined;
  const archives = await db
    .selectFrom("archive_distribution")
    .selectAll()
    .where("repository", "in", repositories)
    .execute();
  const live = await livePlaces(db, source, archives, repositories);
  const rollbacks = await rollbackPlaces(db, source, archives);
  const places = [...live, ...rollbacks];
  if (places.length === 0) return undefined;
  const versions = new Set(places.map((place) => `${place.distribution.repository} ${place.version}`));
  const packages = await packagesOf(db, source, repositories);
  return {
    source,
    places,
    packages: packages.filter((row) => versions.has(`${row.repository} ${row.sourceVersion}`)),
    buildinfos: await buildinfosOf(db, source, repositories),
    holds: await db.selectFrom("migration_hold").selectAll().where("source", "=", source).execute(),
  };
}

async function buildinfosOf(
  db: Executor,
  source: string,
  repositories: readonly string[],
): Promise<BuildinfoView[]> {
  const rows = await db
    .selectFrom("release")
    .innerJoin("packaging", "packaging.bkey", "release.bkey")
    .innerJoin("build", "build.packaging_id", "packaging.id")
    .select(["release.version", "release.buildinfos", "build.id", "build.arch", "build.result"])
    .where("release.source", "=", source)
    .where("release.repository", "in", [...repositories])
    .where("build.state", "=", "BUILT")
    .orderBy("build.arch")
    .limit(ROWS)
    .execute();
  return rows.flatMap(({ version, buildinfos, id: build, arch, result }) => {
    const kept = JSON.parse(buildinfos) as { readonly name: string; readonly size: number }[];
    const made = new Set(resultView(result)?.files.map((file) => file.name));
    return kept
      .filter(({ name }) => made.has(name))
      .map(({ name, size: sizeBytes }) => ({ version, name, sizeBytes, build, arch }));
  });
}

type Archives = readonly Row<"archive_distribution">[];

async function livePlaces(
  db: Executor,
  source: string,
  archives: Archives,
  repositories: readonly string[],
): Promise<Place[]> {
  const rows = await db
    .selectFrom("package")
    .innerJoin("membership", "membership.package_id", "package.id")
    .select([
      "membership.distribution_id",
      "membership.component",
      "package.source_version as version",
      (eb) => eb.fn.min("membership.added_at").as("since"),
    ])
    .where("package.repository", "in", [...repositories])
    .where("package.source", "=", source)
    .where("membership.removed", "is", null)
    .groupBy(["membership.distribution_id", "membership.component", "package.source_version"])
    .limit(ROWS)
    .execute();
  return rows.flatMap(({ distribution_id, component, version, since }) => {
    const distribution = archives.find((row) => row.id === distribution_id && row.kind === "live");
    return distribution === undefined ? [] : [{ distribution, component, version, since }];
  });
}

async function rollbackPlaces(db: Executor, source: string, archives: Archives): Promise<Place[]> {
  const liveIds = archives.filter((row) => row.kind === "live").map((row) => row.id);
  if (liveIds.length === 0) return [];
  const rows = await db
    .selectFrom("rollback_membership as m")
    .innerJoin("release", "release.id", "m.release_id")
    .select(["m.distribution_id", "m.component", "m.position", "release.version"])
    .where("m.distribution_id", "in", liveIds)
    .where("m.source", "=", source)
    .where("m.removed", "is", null)
    .limit(ROWS)
    .execute();
  return rows.flatMap(({ distribution_id, component, position, version }) => {
    const distribution = archives.find((row) => row.live_id === distribution_id && row.position === position);
    return distribution === undefined ? [] : [{ distribution, component, version, since: null }];
  });
}

async function packagesOf(
  db: Executor,
  source: string,
  repositories: readonly string[],
): Promise<BinaryView[]> {
  const rows = await db
    .selectFrom("package")
    .leftJoin("package_file", "package_file.package_id", "package.id")
    .leftJoin("pool_file", (join) =>
      join
        .onRef("pool_file.repository", "=", "package_file.repository")
        .onRef("pool_file.path", "=", "package_file.path"),
    )
    .select([
      "package.id",
      "package.repository",
      "package.name",
      "package.version",
      "package.arch",
      "package.kind",
      "package.source_version",
      "package_file.path",
      "pool_file.size",
    ])
    .where("package.repository", "in", [...repositories])
    .where("package.source", "=", source)
    .orderBy("package.name")
    .orderBy("package.arch")
    .limit(ROWS)
    .execute();
  const views = new Map<number, BinaryView & { files: { path: string; size: number }[] }>();
  for (const row of rows) {
    const { id, repository, name, version, arch, kind, source_version: sourceVersion } = row;
    const view = views.get(id) ?? { id, repository, name, version, arch, kind, sourceVersion, files: [] };
    if (row.path !== null) view.files.push({ path: row.path, size: Number(row.size ?? 0) });
    views.set(id, view);
  }
  return [...views.values()];
}
