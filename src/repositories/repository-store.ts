import type { Executor, NewRow, Row, Tx } from "#db";
import type { LayoutSpec } from "./layouts.ts";

/** One codename of a repository with all that its rules need. */
export interface DistributionRows {
  readonly repository: Row<"repository">;
  readonly layout: Row<"layout">;
  readonly suites: readonly Row<"suite">[];
  readonly distribution: Row<"distribution">;
  readonly source: Row<"source">;
  readonly archs: readonly Row<"distribution_arch">[];
}

export async function saveLayout(tx: Tx, spec: LayoutSpec): Promise<number> {
  const { suites, ...fields } = spec;
  const known = await tx.selectFrom("layout").select("id").where("name", "=", spec.name).executeTakeFirst();
  if (known !== undefined) return known.id;
  const { id } = await tx.insertInto("layout").values(fields).returning("id").executeTakeFirstOrThrow();
  await tx
    .insertInto("suite")
    .values(suites.map((suite) => ({ ...suite, layout_id: id })))
    .execute();
  return id;
}

export async function insertRepository(tx: Tx, row: NewRow<"repository">): Promise<number> {
  const { id } = await tx.insertInto("repository").values(row).returning("id").executeTakeFirstOrThrow();
  return id;
}

export async function insertDistribution(
  tx: Tx,
  row: NewRow<"distribution">,
  archs: readonly Omit<NewRow<"distribution_arch">, "distribution_id">[],
): Promise<number> {
  const { id } = await tx.insertInto("distribution").values(row).returning("id").executeTakeFirstOrThrow();
  await tx
    .insertInto("distribution_arch")
    .values(archs.map((arch) => ({ ...arch, distribution_id: id })))
    .execute();
  return id;
}

export async function findRepository(db: Executor, identity: string): Promise<Row<"repository"> | undefined> {
  return await db.selectFrom("repository").selectAll().where("identity", "=", identity).executeTakeFirst();
}

export async function listRepositories(db: Executor): Promise<Row<"repository">[]> {
  return await db.selectFrom("repository").selectAll().orderBy("identity").execute();
}

export async function suitesOf(db: Executor, layoutId: number): Promise<Row<"suite">[]> {
  return await db.selectFrom("suite").selectAll().where("layout_id", "=", layoutId).execute();
}

export async function findLayout(db: Executor, id: number): Promise<Row<"layout">> {
  return await db.selectFrom("layout").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}

/** All codenames of a repository. */
export async function distributionsOf(
  db: Executor,
  repository: Row<"repository">,
): Promise<DistributionRows[]> {
  const layout = await findLayout(db, repository.layout_id);
  const suites = await suitesOf(db, repository.layout_id);
  const distributions = await db
    .selectFrom("distribution")
    .selectAll()
    .where("repository_id", "=", repository.id)
    .orderBy("codename")
    .execute();
  const result: DistributionRows[] = [];
  for (const distribution of distributions) {
    const source = await db
      .selectFrom("source")
      .selectAll()
      .where("id", "=", distribution.source_id)
      .executeTakeFirstOrThrow();
    const archs = await db
      .selectFrom("distribution_arch")
      .selectAll()
      .where("distribution_id", "=", distribution.id)
      .orderBy("arch")
      .execute();
    result.push({ repository, layout, suites, distribution, source, archs });
  }
  return result;
}
