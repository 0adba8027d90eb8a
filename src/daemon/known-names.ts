import type { KnownKey } from "#api";
import type { Database, Row } from "#db";
import { type DistributionRows, distributionName, listRepositories } from "#repositories";
import { activeChroots, allDistributions } from "./api-views.ts";

/** So many names of sources are offered. */
const SOURCES = 500;

/** Names for choices and completion: a few queries, however many repositories there are. */
export async function knownNames(db: Database, key: KnownKey): Promise<string[]> {
  switch (key) {
    case "repositories":
      return sorted((await listRepositories(db.read)).map((row) => row.identity));
    case "codenames":
      return sorted((await allDistributions(db)).map((rows) => rows.distribution.codename));
    case "suites":
      return sorted((await allDistributions(db)).flatMap((rows) => rows.suites.map(({ name }) => name)));
    case "distributions":
      return await distributions(db, () => true);
    case "all_distributions":
      return sorted((await allDistributions(db)).flatMap(withRollbacks));
    case "uploadable_distributions":
      return await distributions(db, (suite) => suite.uploadable === 1);
    case "keyring_distributions":
      return await distributions(db, (suite) => suite.build_keyring_package === 1);
    case "experimental_distributions":
      return await distributions(db, (suite) => suite.experimental === 1);
    case "sources":
      return await sources(db);
    case "chroots":
      return await activeChroots(db);
    // Nothing has such names yet.
    case "cronjobs":
    case "remotes":
      return [];
  }
}

async function distributions(db: Database, wanted: (suite: Row<"suite">) => boolean): Promise<string[]> {
  return sorted(
    (await allDistributions(db)).flatMap((rows) =>
      rows.suites.filter(wanted).map((suite) => distributionName(rows, suite.name)),
    ),
  );
}

/** Live ones, each with its rollbacks. */
function withRollbacks(rows: DistributionRows): string[] {
  return rows.suites.flatMap(({ name: suite, rollback }) => {
    const name = distributionName(rows, suite);
    return [name, ...Array.from({ length: rollback }, (_, position) => `${name}-rollback${position}`)];
  });
}

async function sources(db: Database): Promise<string[]> {
  const rows = await db.read
    .selectFrom("release")
    .select("source")
    .distinct()
    .orderBy("source")
    .limit(SOURCES)
    .execute();
  return rows.map((row) => row.source);
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
