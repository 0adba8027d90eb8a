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

const META = /^([a-z][a-z0-9-]*)=([a-z][a-z0-9]*)-([a-z]+)$/;

export function parseMeta(words: string): { meta: string; codename: string; suite: string }[] {
  return words.split(/\s+/).flatMap((word) => {
    const [, meta, codename, suite] = META.exec(word) ?? [];
    return meta === undefined || codename === undefined || suite === undefined
      ? []
      : [{ meta, codename, suite }];
  });
}
