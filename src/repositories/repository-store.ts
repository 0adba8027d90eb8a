import type { Executor, NewRow, Row, Tx } from "#db";

/** One codename of a repository with all that its rules need. */
export interface DistributionRows {
  readonly repository: Row<"repository">;
  readonly layout: Row<"layout">;
  readonly suites: readonly Row<"suite">[];
  readonly distribution: Row<"distribution">;
  readonly source: Row<"source">;
  readonly archs: readonly Row<"distribution_arch">[];
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

/** All codenames of a repository. */
export async function distributionsOf(
  db: Executor,
  repository: Row<"repository">,
): Promise<DistributionRows[]> {
  return await distributionsOfAll(db, [repository]);
}

/** All codenames of active repositories. */
export async function activeDistributions(db: Executor): Promise<DistributionRows[]> {
  const repositories = await listRepositories(db);
  return await distributionsOfAll(
    db,
    repositories.filter((row) => row.active),
  );
}

/** All codenames of repositories, in their order; as few queries for many as for one. */
export async function distributionsOfAll(
  db: Executor,
  repositories: readonly Row<"repository">[],
): Promise<DistributionRows[]> {
  if (repositories.length === 0) return [];
  const layoutIds = [...new Set(repositories.map(({ layout_id }) => layout_id))];
  const layouts = byId(await db.selectFrom("layout").selectAll().where("id", "in", layoutIds).execute());
  const suites = groupBy(
    await db.selectFrom("suite").selectAll().where("layout_id", "in", layoutIds).orderBy("id").execute(),
    ({ layout_id }) => layout_id,
  );
  const distributions = groupBy(
    await db
      .selectFrom("distribution")
      .selectAll()
      .where(
        "repository_id",
        "in",
        repositories.map(({ id }) => id),
      )
      .orderBy("codename")
      .execute(),
    ({ repository_id }) => repository_id,
  );
  const all = [...distributions.values()].flat();
  if (all.length === 0) return [];
  const sourceIds = [...new Set(all.map(({ source_id }) => source_id))];
  const sources = byId(await db.selectFrom("source").selectAll().where("id", "in", sourceIds).execute());
  const archs = groupBy(
    await db
      .selectFrom("distribution_arch")
      .selectAll()
      .where(
        "distribution_id",
        "in",
        all.map(({ id }) => id),
      )
      .orderBy("arch")
      .execute(),
    ({ distribution_id }) => distribution_id,
  );
  return repositories.flatMap((repository) =>
    (distributions.get(repository.id) ?? []).map((distribution) => ({
      repository,
      layout: known(layouts, repository.layout_id),
      suites: suites.get(repository.layout_id) ?? [],
      distribution,
      source: known(sources, distribution.source_id),
      archs: archs.get(distribution.id) ?? [],
    })),
  );
}

function byId<T extends { readonly id: number }>(rows: readonly T[]): Map<number, T> {
  return new Map(rows.map((row) => [row.id, row]));
}

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}

function known<T>(rows: ReadonlyMap<number, T>, id: number): T {
  const row = rows.get(id);
  if (row === undefined) throw new Error(`a row with id ${id} is missing`);
  return row;
}
