import type { Executor, Row } from "#db";

type Live = Pick<Row<"archive_distribution">, "id" | "wanted_publish">;

/** Packages that live distributions hold now, by their id; those that hold none are left out. */
export type PackageCounts = (
  db: Executor,
  distributions: readonly Live[],
) => Promise<ReadonlyMap<number, number>>;

/**
 * Counts what changed since the last time only: to count the packages of a large distribution takes longer than the rest
 * of a page, and every change of one comes with another `wanted_publish`, in the same transaction.
 */
export function createPackageCounts(): PackageCounts {
  const known = new Map<number, { readonly publish: number; readonly count: number }>();
  return async (db, distributions) => {
    const changed = distributions.filter(
      ({ id, wanted_publish }) => known.get(id)?.publish !== wanted_publish,
    );
    const counted = await countPackages(db, changed);
    for (const { id, wanted_publish: publish } of changed)
      known.set(id, { publish, count: counted.get(id) ?? 0 });
    return new Map(
      distributions.flatMap(({ id }) => {
        const count = known.get(id)?.count ?? 0;
        return count === 0 ? [] : [[id, count]];
      }),
    );
  };
}

/** Reads the index of present memberships only. */
async function countPackages(
  db: Executor,
  distributions: readonly Live[],
): Promise<ReadonlyMap<number, number>> {
  if (distributions.length === 0) return new Map();
  const rows = await db
    .selectFrom("membership")
    .select(["distribution_id", (eb) => eb.fn.countAll<number>().as("count")])
    .where("removed", "is", null)
    .where(
      "distribution_id",
      "in",
      distributions.map(({ id }) => id),
    )
    .groupBy("distribution_id")
    .execute();
  return new Map(rows.map((row) => [row.distribution_id, Number(row.count)]));
}
