import type { CompiledQuery } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import type { ArchiveDistribution } from "../types.ts";
import { distributionNamed } from "./distribution-store.ts";
import {
  listsQuery,
  membersQuery,
  ownersQuery,
  releasePackagesQuery,
  sourcesNamedQuery,
} from "./state-store.ts";
import { createTestSuites } from "./suites-support.ts";

let db: Database;
let row: ArchiveDistribution;
beforeAll(async () => {
  db = await openTestDatabase();
  const suites = createTestSuites(db);
  await suites.live("testing", { rollbacks: 1 });
  await suites.install("testing", "hello", "1");
  await suites.install("testing", "hello", "2");
  const found = await distributionNamed(db.read, "testing");
  if (found === undefined) throw new Error("no distribution");
  row = found;
});
afterAll(() => db.close());

async function planOf(query: CompiledQuery): Promise<string[]> {
  const { rows } = await db.read.executeQuery<{ detail: string }>({
    ...query,
    sql: `EXPLAIN QUERY PLAN ${query.sql}`,
  });
  return rows.map(({ detail }) => detail);
}

// PostgreSQL plans by the size of tables: nothing to see on small ones.
describe.skipIf(process.env["MBD_TEST_DB"] === "postgres")(
  "a change of one source looks up what it needs",
  () => {
    test("its packages in a distribution", async () => {
      expect(await planOf(membersQuery(db.read, row, ["hello"]).compile())).toEqual([
        "SEARCH p USING INDEX package_source (repository=? AND source=?)",
        "SEARCH m USING INDEX membership_package (package_id=?)",
      ]);
    });

    test("those of a name", async () => {
      for (const query of [sourcesNamedQuery, ownersQuery]) {
        const [packages, members] = await planOf(query(db.read, row, ["hello"]).compile());

        expect(packages).toBe("SEARCH p USING INDEX package_name (repository=? AND name=?)");
        expect(members).toBe("SEARCH m USING INDEX membership_package (package_id=?)");
      }
    });

    test("its rollbacks, and the packages of a release", async () => {
      const plans = [
        ...(await planOf(listsQuery(db.read, row, ["hello"]).compile())),
        ...(await planOf(releasePackagesQuery(db.read, [1]).compile())),
      ];

      expect(plans).toEqual([
        "SEARCH rm USING INDEX rollback_membership_source (distribution_id=? AND component=? AND source=?)",
        "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)",
        expect.stringMatching(/^SEARCH rp USING (COVERING )?INDEX .*\(release_id=\?\)$/),
        "SEARCH p USING INTEGER PRIMARY KEY (rowid=?)",
      ]);
    });
  },
);

test("what is read is what there is", async () => {
  const members = await membersQuery(db.read, row, ["hello"]).execute();
  const lists = await listsQuery(db.read, row, ["hello"]).execute();

  expect(members.map(({ name, version }) => `${name} ${version}`).sort()).toEqual([
    "hello 2",
    "hello 2",
    "hello-doc 2",
  ]);
  expect(lists).toMatchObject([{ position: 0, version: "1" }]);
});
