import type { KnownKey } from "#api";
import type { Database, Row } from "#db";
import { type DistributionRows, distributionName, listRepositories } from "#repositories";
import { activeChroots, allDistributions, handMadeDistributions } from "./api-views.ts";

/** So many names of sources are offered. */
const SOURCES = 500;

/**
 * Names for choices and completion: a few queries, however many repositories there are. What somebody made by hand is
 * known too, but nothing can be uploaded there.
 */
export async function knownNames(db: Database, key: KnownKey, begin = ""): Promise<string[]> {
  switch (key) {
    case "repositories":
      return sorted([
        ...(await listRepositories(db.read)).map((row) => row.identity),
        ...(await handMadeDistributions(db)).map((row) => row.repository),
      ]);
    case "codenames":
      return sorted([
        ...(await codenamesInUse(db)),
        ...(await handMadeDistributions(db)).map((row) => row.codename),
      ]);
    case "suites":
      return sorted([
        ...(await suitesInUse(db)),
        ...(await handMadeDistributions(db)).map((row) => row.suite),
      ]);
    case "distributions":
      return sorted([
        ...(await distributions(db, () => true)),
        ...(await handMadeDistributions(db)).map((row) => row.name),
      ]);
    case "all_distributions":
      return sorted([
        ...(await allDistributions(db)).flatMap(namesOfSetup),
        ...(await handMadeDistributions(db)).flatMap(({ name, rollbacks }) => withRollbacks(name, rollbacks)),
      ]);
    case "uploadable_distributions":
      return await distributions(db, (suite) => suite.uploadable === 1);
    case "keyring_distributions":
      return await distributions(db, (suite) => suite.build_keyring_package === 1);
    case "experimental_distributions":
      return await distributions(db, (suite) => suite.experimental === 1);
    case "sources":
      return await sources(db, begin);
    case "chroots":
      return await activeChroots(db);
    // Those are in no row, and nothing has names of these yet.
    case "cronjobs":
    case "remotes":
      return [];
  }
}

async function codenamesInUse(db: Database): Promise<string[]> {
  const rows = await db.read
    .selectFrom("distribution as d")
    .innerJoin("repository as r", "r.id", "d.repository_id")
    .select("d.codename")
    .distinct()
    .where("r.active", "=", 1)
    .execute();
  return rows.map(({ codename }) => codename);
}

async function suitesInUse(db: Database): Promise<string[]> {
  const rows = await db.read
    .selectFrom("distribution as d")
    .innerJoin("repository as r", "r.id", "d.repository_id")
    .innerJoin("suite as s", "s.layout_id", "r.layout_id")
    .select("s.name")
    .distinct()
    .where("r.active", "=", 1)
    .execute();
  return rows.map(({ name }) => name);
}

async function distributions(db: Database, wanted: (suite: Row<"suite">) => boolean): Promise<string[]> {
  return sorted(
    (await allDistributions(db)).flatMap((rows) =>
      rows.suites.filter(wanted).map((suite) => distributionName(rows, suite.name)),
    ),
  );
}

function namesOfSetup(rows: DistributionRows): string[] {
  return rows.suites.flatMap(({ name, rollback }) => withRollbacks(distributionName(rows, name), rollback));
}

/** A live one with its rollbacks. */
function withRollbacks(name: string, rollbacks: number): string[] {
  return [name, ...Array.from({ length: rollbacks }, (_, position) => `${name}-rollback${position}`)];
}

/** The first that begin so. */
async function sources(db: Database, begin: string): Promise<string[]> {
  // No name has other characters, and these mean nothing to LIKE.
  if (!/^[a-z0-9+.-]*$/.test(begin)) return [];
  const rows = await db.read
    .selectFrom("release")
    .select("source")
    .distinct()
    .$if(begin !== "", (select) => select.where("source", "like", `${begin}%`))
    .orderBy("source")
    .limit(SOURCES)
    .execute();
  return rows.map((row) => row.source);
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
