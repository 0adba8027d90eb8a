import type { AptExtraSource } from "#api/handlers";
import type { Database } from "#db";
import { distributionName } from "#repositories";
import { listSources, type Source } from "#sources";
import { allDistributions } from "./api-views.ts";

/** Extra sources of live distributions by their names, in the order of the distribution. */
export async function aptExtraSources(db: Database): Promise<Map<string, readonly AptExtraSource[]>> {
  const sources = new Map((await listSources(db.read)).map((source) => [source.id, source]));
  const all = await allDistributions(db);
  return new Map(
    all.flatMap((rows) => {
      const { extra_sources, components } = rows.distribution;
      const wanted = JSON.parse(components) as string[];
      const extra = (JSON.parse(extra_sources) as { source: number }[]).flatMap(({ source }) => {
        const known = sources.get(source);
        return known === undefined ? [] : extraSource(known, wanted);
      });
      return rows.suites.map((suite) => [distributionName(rows, suite.name), extra] as const);
    }),
  );
}

/** None as long as it was never checked: what is there nobody knows yet. */
export function extraSource(source: Source, wanted: readonly string[]): AptExtraSource[] {
  const { codename: suite, keyring, checkValidUntil, architectures, removeFromComponent } = source;
  const [uri] = source.archives;
  const has = (name: string) =>
    source.components.includes(name) || source.components.includes(`${removeFromComponent}${name}`);
  const components = wanted.filter(has);
  if (uri === undefined || components.length === 0) return [];
  return [{ uri, suite, components, architectures, keyring, checkValidUntil }];
}
