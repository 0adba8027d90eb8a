import type { LsEntry, StatusRepository } from "#api/handlers";
import type { Archive, SourceDetail } from "#archive";
import type { Database } from "#db";
import { type DistributionRows, distributionName, distributionsOf, listRepositories } from "#repositories";
import { troubles, troubleText } from "#web";

/** What calls show of repositories: rows of setup and archive put into the shapes of the API. */

async function allDistributions(db: Database): Promise<DistributionRows[]> {
  const repositories = await listRepositories(db.read);
  const rows = await Promise.all(
    repositories.filter((row) => row.active).map((row) => distributionsOf(db.read, row)),
  );
  return rows.flat();
}

function componentsOf(rows: DistributionRows): string[] {
  return JSON.parse(rows.distribution.components) as string[];
}

export async function statusRepositories(db: Database): Promise<StatusRepository[]> {
  const all = await allDistributions(db);
  return (await listRepositories(db.read)).map((repository) => {
    const own = all.filter((rows) => rows.repository.id === repository.id);
    return {
      identity: repository.identity,
      layout: own[0]?.layout.name ?? "",
      distributions: own.map((rows) => ({
        codename: rows.distribution.codename,
        components: componentsOf(rows),
        architectures: rows.archs.map((row) => row.arch),
        suites: rows.suites.map((suite) => ({
          name: distributionName(rows, suite.name),
          uploadable: suite.uploadable === 1,
          experimental: suite.experimental === 1,
          ...(suite.migrates_to === null ? {} : { migrates_to: distributionName(rows, suite.migrates_to) }),
          rollbacks: suite.rollback,
        })),
      })),
    };
  });
}

/** The list that the home page shows, too. */
export async function statusProblems(db: Database, now: Date): Promise<string[]> {
  return (await troubles(db.read, now)).map(troubleText);
}

/** Live distributions with what an APT source needs to name. */
export async function aptDistributions(db: Database) {
  const all = await allDistributions(db);
  return all
    .flatMap((rows) =>
      rows.suites.map((suite) => ({
        name: distributionName(rows, suite.name),
        repository: rows.repository.identity,
        codename: rows.distribution.codename,
        suite: suite.name,
        components: componentsOf(rows),
        architectures: rows.archs.map((row) => row.arch),
        rollbacks: suite.rollback,
        extraSources: [],
      })),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface LsQuery {
  readonly source: string;
  readonly repositories: readonly string[];
  readonly codenames: readonly string[];
}

/** Call `ls`: one entry for each live distribution that holds the source. */
export async function findSources(db: Database, archive: Archive, query: LsQuery) {
  const all = (await allDistributions(db)).filter(
    (rows) =>
      (query.repositories.length === 0 || query.repositories.includes(rows.repository.identity)) &&
      (query.codenames.length === 0 || query.codenames.includes(rows.distribution.codename)),
  );
  const entries: (LsEntry & { distribution: string })[] = [];
  for (const repository of new Set(all.map((rows) => rows.repository.identity))) {
    const details = await archive.sourceDetail(repository, query.source);
    for (const rows of all.filter((each) => each.repository.identity === repository)) {
      entries.push(...entriesOf(rows, details));
    }
  }
  return entries;
}

function entriesOf(rows: DistributionRows, details: readonly SourceDetail[]) {
  const repository = rows.repository.identity;
  const dsc = (detail: SourceDetail) =>
    detail.dsc === null ? {} : { dsc_path: `/repositories/${repository}/${detail.dsc}` };
  return rows.suites.flatMap((suite) => {
    const name = distributionName(rows, suite.name);
    const target = suite.migrates_to === null ? undefined : distributionName(rows, suite.migrates_to);
    return details
      .filter((detail) => detail.distribution === name)
      .map((detail) => ({
        distribution: name,
        version: detail.version,
        component: detail.component,
        architectures: [...detail.architectures],
        binaries: [...new Set(detail.binaries.map((binary) => binary.name))],
        ...dsc(detail),
        uploadable: suite.uploadable === 1,
        experimental: suite.experimental === 1,
        ...(target === undefined ? {} : { migrates_to: target }),
        is_migrated: details.some((each) => each.distribution === target && each.version === detail.version),
        rollbacks: details
          .filter((each) => each.distribution.startsWith(`${name}-rollback`))
          .sort((a, b) => (a.position ?? 0) - (b.position ?? 0))
          .map((each) => ({ distribution: each.distribution, version: each.version, ...dsc(each) })),
      }));
  });
}

/** Names for choices and completion. */
export async function knownNames(db: Database, key: string): Promise<string[]> {
  const all = await allDistributions(db);
  const sorted = (names: readonly string[]) => [...new Set(names)].sort();
  const names: Readonly<Record<string, () => Promise<string[]>>> = {
    repositories: async () => sorted((await listRepositories(db.read)).map((row) => row.identity)),
    codenames: async () => sorted(all.map((rows) => rows.distribution.codename)),
    suites: async () => sorted(all.flatMap((rows) => rows.suites.map((suite) => suite.name))),
    distributions: async () =>
      sorted(all.flatMap((rows) => rows.suites.map((suite) => distributionName(rows, suite.name)))),
    uploadable_distributions: async () =>
      sorted(
        all.flatMap((rows) =>
          rows.suites.filter((suite) => suite.uploadable).map((suite) => distributionName(rows, suite.name)),
        ),
      ),
    sources: async () => {
      const rows = await db.read
        .selectFrom("release")
        .select("source")
        .distinct()
        .orderBy("source")
        .limit(500)
        .execute();
      return rows.map((row) => row.source);
    },
    chroots: () => activeChroots(db),
  };
  return (await names[key]?.()) ?? [];
}

/** `codename:arch` of each chroot that builds can use. */
export async function activeChroots(db: Database): Promise<string[]> {
  const rows = await db.read
    .selectFrom("chroot")
    .select(["codename", "arch"])
    .where("tarball", "is not", null)
    .where("state", "in", ["active", "stale", "making"])
    .orderBy("codename")
    .orderBy("arch")
    .execute();
  return rows.map((row) => `${row.codename}:${row.arch}`);
}
