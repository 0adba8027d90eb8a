import type { Executor, Row } from "#db";
import { compareSuites } from "#repositories";
import type { PackageCounts } from "./package-counts.ts";

const ARCHIVE = [
  ...(["id", "repository", "name", "kind", "position", "live_id", "rollbacks"] as const),
  ...(["components", "architectures", "wanted_publish", "published_publish"] as const),
] as const;

/** What pages show of a distribution of the archive. */
export type ArchiveRow = Pick<Row<"archive_distribution">, (typeof ARCHIVE)[number]>;

/** A published distribution with what its suite allows. */
export interface SuiteView {
  readonly suite: Row<"suite">;
  /** The whole distribution name, `bookworm-test-unstable`. */
  readonly name: string;
  readonly archive: ArchiveRow | undefined;
  /** Sources and binaries in it now. */
  readonly packages: number;
  /** Read of one repository only: in the overview they would be most of all rows. */
  readonly rollbacks: readonly ArchiveRow[];
  /** What a version must hold here, for people: `~test12+1` and up. */
  readonly versionMark: string;
}

export interface CodenameView {
  readonly distribution: Row<"distribution">;
  readonly base: Row<"source"> | undefined;
  readonly architectures: readonly Row<"distribution_arch">[];
  readonly suites: readonly SuiteView[];
}

export interface RepositoryView {
  readonly repository: Row<"repository">;
  readonly layout: Row<"layout"> | undefined;
  readonly codenames: readonly CodenameView[];
  readonly uploaders: readonly Row<"uploader_key">[];
}

export interface ViewDeps {
  readonly db: { readonly read: Executor };
  readonly packageCounts: PackageCounts;
}

/** All repositories with everything the overview shows; a handful of queries whatever their number. */
export async function repositoryViews(
  { db: { read: db }, packageCounts }: ViewDeps,
  identity?: string,
): Promise<RepositoryView[]> {
  let select = db.selectFrom("repository").selectAll().orderBy("identity").limit(100);
  if (identity !== undefined) select = select.where("identity", "=", identity);
  const repositories = await select.execute();
  if (repositories.length === 0) return [];
  const tables = await loadTables(db, packageCounts, repositories, identity !== undefined);
  return repositories.map((repository) => viewOf(repository, tables));
}

interface LoadedTables {
  readonly layouts: readonly Row<"layout">[];
  readonly suites: readonly Row<"suite">[];
  readonly distributions: readonly Row<"distribution">[];
  readonly sources: readonly Row<"source">[];
  readonly architectures: readonly Row<"distribution_arch">[];
  readonly archives: readonly ArchiveRow[];
  readonly keys: readonly Row<"uploader_key">[];
  readonly counts: ReadonlyMap<number, number>;
}

async function loadTables(
  db: Executor,
  packageCounts: PackageCounts,
  repositories: readonly Row<"repository">[],
  withRollbacks: boolean,
): Promise<LoadedTables> {
  const identities = repositories.map((row) => row.identity);
  const ids = repositories.map((row) => row.id);
  const distributions = await db
    .selectFrom("distribution")
    .selectAll()
    .where("repository_id", "in", ids)
    .orderBy("codename")
    .execute();
  const archives = await db
    .selectFrom("archive_distribution")
    .select(ARCHIVE)
    .where("repository", "in", identities)
    .$if(!withRollbacks, (select) => select.where("kind", "=", "live"))
    .execute();
  return {
    layouts: await db.selectFrom("layout").selectAll().execute(),
    suites: await db.selectFrom("suite").selectAll().execute(),
    distributions,
    sources: await db.selectFrom("source").selectAll().execute(),
    architectures: await db.selectFrom("distribution_arch").selectAll().orderBy("arch").execute(),
    archives,
    keys: await db
      .selectFrom("uploader_key")
      .selectAll()
      .where("repository", "in", identities)
      .orderBy("user_id")
      .limit(500)
      .execute(),
    counts: await packageCounts(
      db,
      archives.filter((row) => row.kind === "live"),
    ),
  };
}

function viewOf(repository: Row<"repository">, tables: LoadedTables): RepositoryView {
  const layout = tables.layouts.find((row) => row.id === repository.layout_id);
  const suites = tables.suites.filter((row) => row.layout_id === repository.layout_id).sort(compareSuites);
  const codenames = tables.distributions
    .filter((row) => row.repository_id === repository.id)
    .map((distribution) => {
      const base = tables.sources.find((row) => row.id === distribution.source_id);
      return {
        distribution,
        base,
        architectures: tables.architectures.filter((row) => row.distribution_id === distribution.id),
        suites: suites.map((suite) => suiteView(repository, layout, base, distribution, suite, tables)),
      };
    });
  return {
    repository,
    layout,
    codenames,
    uploaders: tables.keys.filter((row) => row.repository === repository.identity),
  };
}

function suiteView(
  repository: Row<"repository">,
  layout: Row<"layout"> | undefined,
  base: Row<"source"> | undefined,
  distribution: Row<"distribution">,
  suite: Row<"suite">,
  tables: LoadedTables,
): SuiteView {
  const name = `${distribution.codename}-${repository.identity}-${suite.name}`;
  const archive = tables.archives.find((row) => row.repository === repository.identity && row.name === name);
  const rollbacks = tables.archives
    .filter((row) => row.kind === "rollback" && row.live_id === archive?.id)
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
  const codeversion = base?.codeversion_override ?? base?.codeversion ?? "";
  const experimental = suite.experimental === 1;
  const rule = experimental ? layout?.experimental_mandatory_version_regex : layout?.mandatory_version_regex;
  const example = experimental ? layout?.experimental_default_version : layout?.default_version;
  const versionMark = rule === ".*" ? "" : (example ?? "");
  return {
    suite,
    name,
    archive,
    packages: archive === undefined ? 0 : (tables.counts.get(archive.id) ?? 0),
    rollbacks,
    versionMark: versionMark
      .replaceAll("%IDENTITY%", repository.identity)
      .replaceAll("%CODEVERSION%", codeversion),
  };
}
