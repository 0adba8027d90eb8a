import fc from "fast-check";
import type { CompiledQuery } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, type Executor, openTestDatabase } from "#db";
import { MbdError } from "#platform";
import { places } from "./queries.ts";
import { filesInLive, filesInRollbacks, sourceDetails } from "./source-details.ts";
import { contentAt, distributionNamed, NOW } from "./suites/index.ts";
import { createTestSuites, testPackage, testRelease } from "./suites/suites-support.ts";

let db: Database;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

/** The plain way: asks each distribution for what it holds. */
async function oneByOne(read: Executor, repositories: readonly string[], source: string): Promise<string[]> {
  const details: string[] = [];
  for (const repository of repositories)
    for (const place of await places(read, repository, source)) {
      const row = await distributionNamed(read, place.distribution);
      if (row === undefined) throw new Error(`${place.distribution} is nowhere`);
      const rows = await read
        .selectFrom(contentAt(read, row, NOW))
        .innerJoin("package as p", "p.id", "c.package_id")
        .innerJoin("package_file as f", "f.package_id", "p.id")
        .select(["p.kind", "p.name", "p.version", "p.arch", "f.path"])
        .where("p.source", "=", source)
        .where("p.source_version", "=", place.version)
        .where("c.component", "=", place.component)
        .execute();
      const binaries = rows.filter(({ kind }) => kind !== "dsc");
      const paths = binaries.map(({ path }) => path).sort();
      const archs = [...new Set(binaries.map(({ arch }) => arch))].sort();
      const dsc = rows.find(({ kind }) => kind === "dsc")?.path ?? null;
      details.push(JSON.stringify({ ...place, archs, paths, dsc }));
    }
  return details.sort();
}

async function together(read: Executor, repositories: readonly string[], source: string): Promise<string[]> {
  const details = await sourceDetails(read, repositories, source);
  return details
    .map(({ architectures: archs, binaries, dsc, ...place }) =>
      JSON.stringify({ ...place, archs, paths: binaries.map(({ path }) => path).sort(), dsc }),
    )
    .sort();
}

const SUITES = ["one", "two"] as const;
const suite = fc.constantFrom(...SUITES);
const change = fc.record({
  repository: fc.constantFrom(0, 1),
  kind: fc.constantFrom("install", "install", "add", "copy", "remove", "restore"),
  suite,
  other: suite,
  component: fc.constantFrom("main", "main", "contrib"),
  source: fc.constantFrom("hello", "hello", "zoo"),
  version: fc.constantFrom("1", "1-0", "2", "3"),
});

test("finds at once what asking each distribution finds", { timeout: 120_000 }, async () => {
  let [run, found] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 10, maxLength: 30 }), async (changes) => {
      run += 1;
      const both = [`a${run}`, `b${run}`].map((repository) => createTestSuites(db, repository));
      for (const suites of both)
        for (const name of SUITES)
          await suites.live(`${suites.repository}-${name}`, {
            rollbacks: 2,
            versions: name === "two" ? 2 : 1,
          });
      for (const each of changes) {
        const suites = both[each.repository];
        if (suites === undefined) continue;
        await suites.apply(requestOf(each, suites.repository)).catch(onlyRefused);
      }
      const names = both.map(({ repository }) => repository);
      for (const source of ["hello", "zoo", "nothing"]) {
        const all = await together(db.read, names, source);
        expect(all).toEqual(await oneByOne(db.read, names, source));
        found += all.length;
      }
    }),
    { numRuns: 25 },
  );
  expect(found).toBeGreaterThan(50);
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function requestOf(each: Change, repository: string) {
  const { source, version, component } = each;
  const distribution = `${repository}-${each.suite}`;
  if (each.kind === "install") {
    const release = testRelease(repository, component, { name: source, version });
    return { kind: "install", distribution, release, force: true } as const;
  }
  if (each.kind === "add") {
    const packages = [testPackage(component, { name: `${source}-extra`, version, source })];
    return { kind: "add", distribution, component, packages, lower: "replace" } as const;
  }
  if (each.kind === "copy") {
    const to = `${repository}-${each.other}`;
    return { kind: "copy", from: distribution, to, source, force: true } as const;
  }
  if (each.kind === "restore") {
    const rollback = `${distribution}-rollback0`;
    return { kind: "restore", distribution: rollback, source, replace: true } as const;
  }
  return { kind: "remove", distribution, source } as const;
}

function onlyRefused(error: unknown): void {
  if (!(error instanceof MbdError) || error.status >= 500) throw error;
}

test("orders live distributions by name, each before its rollbacks", async () => {
  const suites = createTestSuites(db, "order");
  for (const name of ["order-b", "order-a"]) await suites.live(name, { rollbacks: 2 });
  for (const version of ["1", "2", "3"])
    for (const name of ["order-b", "order-a"]) await suites.install(name, "hello", version);

  const details = await sourceDetails(db.read, ["order"], "hello");

  expect(details.map(({ distribution, version }) => `${distribution} ${version}`)).toEqual(
    ["order-a", "order-b"].flatMap((name) => [`${name} 3`, `${name}-rollback0 2`, `${name}-rollback1 1`]),
  );
});

// PostgreSQL plans by the size of tables: nothing to see on small ones.
test.skipIf(process.env["MBD_TEST_DB"] === "postgres")("begins at the packages of the source", async () => {
  const asked = { repositories: ["order", "other"], source: "hello" };
  const live = await planOf(filesInLive(db.read, asked).compile());
  const kept = await planOf(filesInRollbacks(db.read, asked).compile());

  expect(live[0]).toBe("SEARCH p USING INDEX package_source (repository=? AND source=?)");
  expect(live).toContain("SEARCH m USING INDEX membership_package (package_id=?)");
  expect(kept[0]).toBe("SEARCH r USING INDEX release_source (repository=? AND source=?)");
  expect(kept).toContain("SEARCH m USING INDEX rollback_membership_release (release_id=?)");
  expect([...live, ...kept].filter((step) => step.startsWith("SCAN"))).toEqual([]);
});

async function planOf(query: CompiledQuery): Promise<string[]> {
  const { rows } = await db.read.executeQuery<{ detail: string }>({
    ...query,
    sql: `EXPLAIN QUERY PLAN ${query.sql}`,
  });
  return rows.map(({ detail }) => detail);
}
