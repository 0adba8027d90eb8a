import type { Executor, Row } from "#db";

/** An extra source of a distribution, with its pin priority in builds. */
export interface ExtraSource {
  readonly source: Row<"source">;
  readonly priority: number;
}

type DistributionSources = Pick<Row<"distribution">, "source_id" | "extra_sources">;

interface Extra {
  readonly source: number;
  readonly priority: number;
}

/** Ids of all sources of a distribution, the base first. */
export function sourceIdsOf(distribution: DistributionSources): number[] {
  return [distribution.source_id, ...extrasOf(distribution).map(({ source }) => source)];
}

/** Extra sources in the order of the distribution. */
export async function extraSources(
  db: Executor,
  distribution: DistributionSources,
): Promise<readonly ExtraSource[]> {
  const extras = extrasOf(distribution);
  if (extras.length === 0) return [];
  const ids = extras.map(({ source }) => source);
  const rows = await db.selectFrom("source").selectAll().where("id", "in", ids).execute();
  return extras.map(({ source: id, priority }) => {
    const source = rows.find((row) => row.id === id);
    if (source === undefined) throw new Error(`extra source ${id} of a distribution has no row`);
    return { source, priority };
  });
}

function extrasOf({ extra_sources }: Pick<DistributionSources, "extra_sources">): readonly Extra[] {
  return JSON.parse(extra_sources) as Extra[];
}
