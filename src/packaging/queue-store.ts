import { sql } from "kysely";
import { BUILD_JOB, WORKING_STATES } from "#builds";
import type { Executor, Row } from "#db";
import type { SourceFacts } from "#sources";
import { sourceIdsOf } from "./build-sources.ts";

/** Builds that are looked at in one go; the number of a database's parameters has a limit. */
const CHUNK = 500;
const MAX_QUEUED = 5000;
export const WAITING_STATES: readonly string[] = ["QUEUED", "DEP_WAIT"];
/** So many earlier builds say how long one takes. */
const HISTORY = 5;
/** Asked for in one statement; SQLite takes 500. */
const MOST_HISTORIES = 100;

/** Queued build jobs in the order in which they get slots, by subject. */
export async function queuedBuildJobs(db: Executor) {
  return await db
    .selectFrom("job")
    .select(["subject", "run_after", "error", "priority"])
    .where("kind", "=", "build")
    .where("state", "=", "queued")
    .orderBy("priority", "desc")
    .orderBy("id")
    .limit(MAX_QUEUED)
    .execute();
}

/** Sources of each of these builds, the base first. */
export async function sourcesOfBuilds(
  db: Executor,
  ids: readonly number[],
): Promise<Map<number, readonly SourceFacts[]>> {
  const sources = await db
    .selectFrom("source")
    .select(["id", "origin", "codename", "state", "error"])
    .execute();
  const byId = new Map(sources.map(({ id, ...facts }) => [id, facts]));
  const found = new Map<number, readonly SourceFacts[]>();
  for (let from = 0; from < ids.length; from += CHUNK) {
    const rows = await db
      .selectFrom("build")
      .innerJoin("packaging", "packaging.id", "build.packaging_id")
      .innerJoin("repository", "repository.identity", "packaging.repository")
      .innerJoin("distribution", (join) =>
        join
          .onRef("distribution.repository_id", "=", "repository.id")
          .onRef("distribution.codename", "=", "packaging.codename"),
      )
      .select(["build.id", "distribution.source_id", "distribution.extra_sources"])
      .where("build.id", "in", ids.slice(from, from + CHUNK))
      .execute();
    for (const { id, ...distribution } of rows) {
      found.set(
        id,
        sourceIdsOf(distribution).flatMap((source) => byId.get(source) ?? []),
      );
    }
  }
  return found;
}

export type QueuedBuild = Pick<
  Row<"build">,
  | "id"
  | "bkey"
  | "codename"
  | "arch"
  | "state"
  | "message"
  | "attempt"
  | "worker"
  | "queued_at"
  | "started_at"
> &
  Pick<Row<"packaging">, "source" | "version" | "distribution"> & { readonly priority: number };

/** Builds that a worker is at, oldest first: never more than there are slots. */
export async function workingBuilds(db: Executor): Promise<QueuedBuild[]> {
  return await selectQueued(db)
    .where("build.state", "in", [...WORKING_STATES])
    .orderBy("build.id")
    .execute();
}

/** SQLite finds the job of a build by its index of open jobs only where the index's condition stands here word by word. */
const OPEN_JOB = sql<boolean>`job.kind = ${sql.lit(BUILD_JOB)} AND job.subject = 'build:' || build.id
  AND job.state IN ('queued', 'leased')`;

/** Builds that wait: in the order in which they get slots, then those whose job pauses, then those without one. */
export async function waitingBuilds(db: Executor, now: Date, limit: number): Promise<QueuedBuild[]> {
  return await selectQueued(db)
    .leftJoin("job", (join) => join.on(OPEN_JOB))
    .where("build.state", "in", [...WAITING_STATES])
    .orderBy(sql`CASE WHEN job.id IS NULL THEN 2 WHEN job.run_after > ${now.toISOString()} THEN 1 ELSE 0 END`)
    .orderBy("job.priority", "desc")
    .orderBy("job.id")
    .orderBy("build.id")
    .limit(limit)
    .execute();
}

function selectQueued(db: Executor) {
  return db
    .selectFrom("build")
    .innerJoin("packaging", "packaging.id", "build.packaging_id")
    .select([
      "build.id",
      "build.bkey",
      "build.codename",
      "build.arch",
      "build.state",
      "build.message",
      "build.attempt",
      "build.worker",
      "build.queued_at",
      "build.started_at",
      "packaging.source",
      "packaging.version",
      "packaging.distribution",
      "packaging.priority",
    ]);
}

/** `hello amd64`: what earlier builds are compared by. */
export function historyKey(build: { readonly source: string; readonly arch: string }): string {
  return `${build.source} ${build.arch}`;
}

/** Seconds that the last good builds of some sources took, newest first, by `historyKey`. */
export async function tookBefore(
  db: Executor,
  builds: readonly { readonly source: string; readonly arch: string }[],
): Promise<Map<string, number[]>> {
  const wanted = [...new Map(builds.map((build) => [historyKey(build), build])).values()];
  const found = new Map<string, number[]>();
  for (let from = 0; from < wanted.length; from += MOST_HISTORIES) {
    const [first, ...others] = wanted.slice(from, from + MOST_HISTORIES).map((each) => lastGood(db, each));
    if (first === undefined) break;
    const rows = await others.reduce((all, each) => all.unionAll(each), first).execute();
    for (const row of rows) {
      const seconds = (Date.parse(row.ended_at ?? "") - Date.parse(row.started_at ?? "")) / 1000;
      found.set(historyKey(row), [...(found.get(historyKey(row)) ?? []), seconds]);
    }
  }
  return found;
}

/** Only these rows are read, however many builds there were. */
export function lastGood(db: Executor, { source, arch }: { readonly source: string; readonly arch: string }) {
  return db
    .selectFrom((eb) =>
      eb
        .selectFrom("build")
        .select(["source", "arch", "started_at", "ended_at"])
        .where("source", "=", source)
        .where("arch", "=", arch)
        .where("state", "=", "BUILT")
        .where("started_at", "is not", null)
        .orderBy("id", "desc")
        .limit(HISTORY)
        .as("built"),
    )
    .selectAll();
}
