import type { Executor, Row } from "#db";

export const OPEN_PACKAGING = ["QUEUED", "BUILDING", "INSTALLING"] as const;

export interface PackagingWithBuilds {
  readonly packaging: Row<"packaging">;
  readonly builds: readonly Row<"build">[];
}

export interface ListQuery {
  readonly state?: string | undefined;
  readonly arch?: string | undefined;
  readonly distribution?: string | undefined;
  readonly source?: string | undefined;
  /** Rows with a lower id. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Work under way, oldest first as it will be done. */
export async function openPackagings(db: Executor, limit: number): Promise<PackagingWithBuilds[]> {
  const rows = await db
    .selectFrom("packaging")
    .selectAll()
    .where("state", "in", [...OPEN_PACKAGING])
    .orderBy("accepted_no")
    .limit(limit)
    .execute();
  return await withBuilds(db, rows);
}

/** Newest first. */
export async function listPackagings(db: Executor, query: ListQuery): Promise<PackagingWithBuilds[]> {
  return await withBuilds(db, await packagingsQuery(db, query).execute());
}

export function packagingsQuery(db: Executor, query: ListQuery) {
  let select = db.selectFrom("packaging").selectAll().orderBy("id", "desc").limit(query.limit);
  if (query.state !== undefined) select = select.where("state", "=", query.state);
  if (query.distribution !== undefined) select = select.where("distribution", "=", query.distribution);
  if (query.source !== undefined) select = select.where("source", "=", query.source);
  if (query.before !== undefined) select = select.where("id", "<", query.before);
  return select;
}

export async function findPackaging(db: Executor, id: number): Promise<PackagingWithBuilds | undefined> {
  const rows = await db.selectFrom("packaging").selectAll().where("id", "=", id).execute();
  return (await withBuilds(db, rows))[0];
}

async function withBuilds(db: Executor, rows: readonly Row<"packaging">[]): Promise<PackagingWithBuilds[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const builds = await db
    .selectFrom("build")
    .selectAll()
    .where("packaging_id", "in", ids)
    .orderBy("arch")
    .execute();
  return rows.map((packaging) => ({
    packaging,
    builds: builds.filter((build) => build.packaging_id === packaging.id),
  }));
}

export type BuildOfPackaging = Omit<Row<"build">, "result" | "memory_bytes" | "no_builder_since"> &
  Pick<Row<"packaging">, "source" | "version" | "distribution" | "repository" | "changed_by" | "component">;

function selectBuilds(db: Executor) {
  return db
    .selectFrom("build")
    .innerJoin("packaging", "packaging.id", "build.packaging_id")
    .select([
      "build.id",
      "build.packaging_id",
      "build.bkey",
      "build.codename",
      "build.arch",
      "build.build_any",
      "build.build_all",
      "build.optional",
      "build.state",
      "build.reason",
      "build.message",
      "build.attempt",
      "build.fence",
      "build.cancel_requested",
      "build.worker",
      "build.runner",
      "build.queued_at",
      "build.held_since",
      "build.started_at",
      "build.ended_at",
      "build.files_expired_at",
      "build.log_expired_at",
      "packaging.source",
      "packaging.version",
      "packaging.distribution",
      "packaging.repository",
      "packaging.changed_by",
      "packaging.component",
    ]);
}

/** Builds, newest first. */
export async function listBuilds(db: Executor, query: ListQuery): Promise<BuildOfPackaging[]> {
  return await buildsQuery(db, query).execute();
}

export function buildsQuery(db: Executor, query: ListQuery) {
  let select = selectBuilds(db).orderBy("build.id", "desc").limit(query.limit);
  if (query.state !== undefined) select = select.where("build.state", "=", query.state);
  if (query.arch !== undefined) select = select.where("build.arch", "=", query.arch);
  if (query.distribution !== undefined) select = select.where("build.distribution", "=", query.distribution);
  if (query.source !== undefined) select = select.where("build.source", "=", query.source);
  if (query.before !== undefined) select = select.where("build.id", "<", query.before);
  return select;
}

export async function findBuild(
  db: Executor,
  id: number,
): Promise<(BuildOfPackaging & { result: string | null }) | undefined> {
  return await selectBuilds(db).select("build.result").where("build.id", "=", id).executeTakeFirst();
}

/** How many rows there are in each state. */
export async function stateCounts(
  db: Executor,
  table: "build" | "packaging",
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom(table)
    .select(["state", (eb) => eb.fn.countAll<number>().as("count")])
    .groupBy("state")
    .execute();
  return new Map(rows.map((row) => [row.state, Number(row.count)]));
}

/** The latest good build of the same source and architecture before a build, to compare with. */
export async function lastGoodBuild(
  db: Executor,
  build: { readonly id: number; readonly source: string; readonly arch: string },
): Promise<BuildOfPackaging | undefined> {
  return await selectBuilds(db)
    .where("build.source", "=", build.source)
    .where("build.arch", "=", build.arch)
    .where("build.state", "=", "BUILT")
    .where("build.id", "<", build.id)
    .orderBy("build.id", "desc")
    .limit(1)
    .executeTakeFirst();
}
