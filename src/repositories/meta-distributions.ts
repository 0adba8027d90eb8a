import type { Executor } from "#db";
import { distributionsOfAll, listRepositories } from "./repository-store.ts";

export interface MetaEntry {
  readonly meta: string;
  readonly distribution: string;
  readonly repository: string;
}

/** Words META=CODENAME-SUITE of the layouts of active repositories that have that codename and suite. */
export async function metaMap(db: Executor): Promise<MetaEntry[]> {
  const entries: MetaEntry[] = [];
  const active = (await listRepositories(db)).filter((row) => row.active);
  for (const { repository, layout, suites, distribution } of await distributionsOfAll(db, active)) {
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
  const entries = await metaMap(db);
  const metas = [...new Set(entries.map(({ meta }) => meta))];
  return metas.flatMap((meta) => {
    const claims = entries.filter((entry) => entry.meta === meta);
    const repositories = [...new Set(claims.map(({ repository }) => repository))];
    return new Set(claims.map(({ distribution }) => distribution)).size > 1 ? [{ meta, repositories }] : [];
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
