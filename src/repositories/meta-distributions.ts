import type { Executor, Row } from "#db";
import { distributionsOfAll } from "./repository-store.ts";

export interface MetaEntry {
  readonly meta: string;
  readonly distribution: string;
  readonly repository: string;
}

/** Words META=CODENAME-SUITE of the layouts of active repositories that have that codename and suite. */
export async function metaMap(db: Executor): Promise<MetaEntry[]> {
  return await entriesOf(db, await repositoriesWithMetas(db));
}

/** Most instances have none or one. */
async function repositoriesWithMetas(db: Executor): Promise<Row<"repository">[]> {
  return await db
    .selectFrom("repository")
    .innerJoin("layout", "layout.id", "repository.layout_id")
    .selectAll("repository")
    .where("repository.active", "=", 1)
    .where("layout.meta_distributions", "!=", "")
    .orderBy("repository.identity")
    .execute();
}

async function entriesOf(db: Executor, repositories: readonly Row<"repository">[]): Promise<MetaEntry[]> {
  const entries: MetaEntry[] = [];
  for (const rows of await distributionsOfAll(db, repositories)) {
    const { repository, layout, suites, distribution } = rows;
    for (const { meta, codename, suite } of parseMeta(layout.meta_distributions)) {
      if (codename !== distribution.codename || !suites.some((row) => row.name === suite)) continue;
      entries.push({
        meta,
        distribution: `${codename}-${repository.identity}-${suite}`,
        repository: repository.identity,
      });
    }
  }
  return entries;
}

/** Meta distributions that more than one distribution claims: nobody can upload to them (names-and-versions.md 5.4). */
export async function ambiguousMetas(
  db: Executor,
): Promise<{ readonly meta: string; readonly repositories: readonly string[] }[]> {
  const repositories = await repositoriesWithMetas(db);
  // A layout has a name once, so it takes two.
  const entries = repositories.length < 2 ? [] : await entriesOf(db, repositories);
  const metas = [...new Set(entries.map(({ meta }) => meta))];
  return metas.flatMap((meta) => {
    const claims = entries.filter((entry) => entry.meta === meta);
    const claimants = [...new Set(claims.map(({ repository }) => repository))];
    return claimants.length > 1 ? [{ meta, repositories: claimants }] : [];
  });
}

const META = /^([a-z][a-z0-9-]*)=([a-z][a-z0-9]*)-([a-z]+)$/;

export function parseMeta(words: string): { meta: string; codename: string; suite: string }[] {
  return words.split(/\s+/).flatMap((word) => {
    const [, meta, codename, suite] = META.exec(word) ?? [];
    return meta === undefined || codename === undefined || suite === undefined
      ? []
      : [{ meta, codename, suite }];
  });
}
