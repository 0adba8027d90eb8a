import type { LsEntry } from "#api/handlers";
import type { Archive, SourceDetail } from "#archive";
import type { Database } from "#db";
import { versionsEqual } from "#deb";
import { distributionName, type Hold, holdsOf } from "#repositories";
import { urls } from "#web";
import { allDistributions, handMadeDistributions } from "./api-views.ts";

interface LsQuery {
  readonly source: string;
  readonly repositories: readonly string[];
  readonly codenames: readonly string[];
}

type Found = LsEntry & { readonly distribution: string };

/** Call `ls`: one entry for each version of the source in a live distribution; as few queries for many as for one. */
export async function findSources(db: Database, archive: Archive, query: LsQuery): Promise<Found[]> {
  const all = (await liveDistributions(db)).filter(
    ({ repository, codename }) =>
      (query.repositories.length === 0 || query.repositories.includes(repository)) &&
      (query.codenames.length === 0 || query.codenames.includes(codename)),
  );
  const repositories = [...new Set(all.map(({ repository }) => repository))];
  const details = await archive.sourceDetails(repositories, query.source);
  const changes = await changesPaths(db, details);
  const holds = await holdsOf(db.read, { source: query.source });
  return all.flatMap((live) => {
    const hold = holds.find(({ distribution }) => distribution === live.name);
    return entriesOf({ ...live, ...(hold === undefined ? {} : { hold }) }, query.source, details, changes);
  });
}

/** What `ls` says of a live distribution, whatever it holds. */
interface Live {
  readonly name: string;
  readonly repository: string;
  readonly codename: string;
  readonly uploadable: boolean;
  readonly experimental: boolean;
  /** Where it migrates to. */
  readonly target?: string;
  /** What keeps the source from migrating by itself. */
  readonly hold?: Hold;
}

async function liveDistributions(db: Database): Promise<Live[]> {
  const ofSetup = (await allDistributions(db)).flatMap((rows) =>
    rows.suites.map((suite) => ({
      name: distributionName(rows, suite.name),
      repository: rows.repository.identity,
      codename: rows.distribution.codename,
      uploadable: suite.uploadable === 1,
      experimental: suite.experimental === 1,
      ...(suite.migrates_to === null ? {} : { target: distributionName(rows, suite.migrates_to) }),
    })),
  );
  const byHand = (await handMadeDistributions(db)).map(({ name, repository, codename }) => ({
    ...{ name, repository, codename, uploadable: false, experimental: false },
  }));
  return [...ofSetup, ...byHand];
}

function entriesOf(
  live: Live,
  source: string,
  details: readonly SourceDetail[],
  changes: ReadonlyMap<number, string>,
): Found[] {
  const { name, repository, target, hold } = live;
  const dsc = (detail: SourceDetail) =>
    detail.dsc === null ? {} : { dsc_path: `/repositories/${repository}/${detail.dsc}` };
  const changesOf = ({ releaseId }: SourceDetail) => {
    const path = changes.get(releaseId ?? 0);
    return path === undefined ? {} : { changes_path: path };
  };
  return details
    .filter((detail) => detail.distribution === name)
    .map((detail) => ({
      distribution: name,
      version: detail.version,
      component: detail.component,
      architectures: [...detail.architectures],
      binaries: [...new Set(detail.binaries.map((binary) => binary.name))],
      ...dsc(detail),
      uploadable: live.uploadable,
      experimental: live.experimental,
      ...(target === undefined ? {} : { migrates_to: target }),
      ...(hold === undefined ? {} : { hold: { reason: hold.reason, by: hold.by, since: hold.since } }),
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
