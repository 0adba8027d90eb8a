import type { LsEntry } from "#api/handlers";
import type { Archive, SourceDetail } from "#archive";
import type { Database } from "#db";
import { versionsEqual } from "#deb";
import { type DistributionRows, distributionName } from "#repositories";
import { urls } from "#web";
import { allDistributions } from "./api-views.ts";

interface LsQuery {
  readonly source: string;
  readonly repositories: readonly string[];
  readonly codenames: readonly string[];
}

type Found = LsEntry & { readonly distribution: string };

/** Call `ls`: one entry for each version of the source in a live distribution. */
export async function findSources(db: Database, archive: Archive, query: LsQuery): Promise<Found[]> {
  const all = (await allDistributions(db)).filter(
    (rows) =>
      (query.repositories.length === 0 || query.repositories.includes(rows.repository.identity)) &&
      (query.codenames.length === 0 || query.codenames.includes(rows.distribution.codename)),
  );
  const entries: Found[] = [];
  for (const repository of new Set(all.map((rows) => rows.repository.identity))) {
    const details = await archive.sourceDetail(repository, query.source);
    const changes = await changesPaths(db, details);
    for (const rows of all.filter((each) => each.repository.identity === repository))
      entries.push(...entriesOf(rows, query.source, details, changes));
  }
  return entries;
}

function entriesOf(
  rows: DistributionRows,
  source: string,
  details: readonly SourceDetail[],
  changes: ReadonlyMap<number, string>,
): Found[] {
  const repository = rows.repository.identity;
  const dsc = (detail: SourceDetail) =>
    detail.dsc === null ? {} : { dsc_path: `/repositories/${repository}/${detail.dsc}` };
  const changesOf = ({ releaseId }: SourceDetail) => {
    const path = changes.get(releaseId ?? 0);
    return path === undefined ? {} : { changes_path: path };
  };
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
        is_migrated: details.some(
          (each) => each.distribution === target && versionsEqual(each.version, detail.version),
        ),
        rollbacks: details
          .filter((each) => each.distribution.startsWith(`${name}-rollback`))
          .sort((a, b) => (a.position ?? 0) - (b.position ?? 0))
          .map((each) => ({ distribution: each.distribution, version: each.version, ...dsc(each) })),
        ...changesOf(detail),
        event_path: urls.events({ source, distribution: name }),
      }));
  });
}

/** Where the .changes of a build of each release is, by id of the release; builds keep it, the pool does not. */
async function changesPaths(
  db: Database,
  details: readonly SourceDetail[],
): Promise<ReadonlyMap<number, string>> {
  const ids = [...new Set(details.flatMap(({ releaseId }) => releaseId ?? []))];
  if (ids.length === 0) return new Map();
  const rows = await db.read
    .selectFrom("release")
    .innerJoin("packaging", "packaging.bkey", "release.bkey")
    .innerJoin("build", "build.packaging_id", "packaging.id")
    .select(["release.id as releaseId", "release.changes", "build.id as buildId", "build.arch"])
    .where("release.id", "in", ids)
    .where("build.state", "=", "BUILT")
    .orderBy("build.arch", "desc")
    .execute();
  // The first architecture is written last.
  return new Map(
    rows.flatMap(({ releaseId, changes, buildId, arch }) => {
      const names = (JSON.parse(changes) as { name: string }[]).map(({ name }) => name);
      const own = names.find((name) => name.endsWith(`_${arch}.changes`));
      return own === undefined ? [] : [[releaseId, urls.artefact(buildId, own)] as const];
    }),
  );
}
