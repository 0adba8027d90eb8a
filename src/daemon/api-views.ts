import type { StatusQueue, StatusRepository } from "#api/handlers";
import type { Database, Executor, Row } from "#db";
import { parseDistribution } from "#deb";
import { type QueueEntry, type QueueOptions, readQueue } from "#packaging";
import {
  activeDistributions,
  type DistributionRows,
  distributionName,
  listRepositories,
} from "#repositories";
import { troubles, troubleText } from "#web";

/** What calls show of repositories: rows of setup and archive put into the shapes of the API. */

/** Of active repositories. */
export async function allDistributions(db: Database): Promise<DistributionRows[]> {
  return await activeDistributions(db.read);
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

type LiveRow = Pick<
  Row<"archive_distribution">,
  "name" | "repository" | "components" | "architectures" | "rollbacks"
>;

/** A live distribution that somebody made by hand (`mini-buildd archive init`): no repository of the set-up has it. */
export interface HandMade extends LiveRow {
  readonly codename: string;
  readonly suite: string;
}

/** By name. */
export async function handMadeDistributions(db: Database): Promise<HandMade[]> {
  const rows = await db.read
    .selectFrom("archive_distribution as d")
    .leftJoin("repository as r", "r.identity", "d.repository")
    .select(["d.name", "d.repository", "d.components", "d.architectures", "d.rollbacks"])
    .where("d.kind", "=", "live")
    .where("r.id", "is", null)
    .execute();
  return rows.flatMap((row) => {
    const parts = parseDistribution(row.name);
    return parts === undefined ? [] : [{ ...row, codename: parts.codename, suite: parts.suite }];
  });
}

/** Live distributions with what an APT source needs to name. */
export async function aptDistributions(db: Database) {
  const all = await allDistributions(db);
  const ofSetup = all.flatMap((rows) =>
    rows.suites.map((suite) => ({
      name: distributionName(rows, suite.name),
      repository: rows.repository.identity,
      codename: rows.distribution.codename,
      suite: suite.name,
      components: componentsOf(rows),
      architectures: rows.archs.map((row) => row.arch),
      rollbacks: suite.rollback,
    })),
  );
  const byHand = (await handMadeDistributions(db)).map(({ components, architectures, ...row }) => ({
    ...row,
    components: JSON.parse(components) as string[],
    architectures: JSON.parse(architectures) as string[],
  }));
  return [...ofSetup, ...byHand].sort((a, b) => (a.name < b.name ? -1 : 1));
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

export async function statusQueue(db: Executor, options: QueueOptions): Promise<StatusQueue> {
  const { running, waiting, more } = await readQueue(db, options);
  return { running: running.map(queueEntry), waiting: waiting.map(queueEntry), more };
}

function queueEntry(entry: QueueEntry): StatusQueue["waiting"][number] {
  const { bkey, distribution, state, priority, queued_at, started_at, waits, expectedEnd } = entry;
  return {
    ...{ bkey, distribution, state, priority, queued_at },
    // Of a waiting build it is the last attempt's.
    ...(started_at === null || waits !== undefined ? {} : { started_at }),
    ...(waits === undefined ? {} : { waits }),
    ...(expectedEnd === undefined ? {} : { expected_end: expectedEnd }),
  };
}
