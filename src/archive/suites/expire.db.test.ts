import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { brokenRules, createTestSuites, type TestSuites } from "./suites-support.ts";

let db: Database;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

let count = 0;
let day = 0;
let suites: TestSuites;
let stable: string;
beforeEach(async () => {
  count += 1;
  day = 0;
  suites = createTestSuites(db, `r${count}`, { now: () => new Date(at(day)) });
  stable = await suites.live(`r${count}-stable`, { rollbacks: 3 });
});

const at = (days: number) => Date.UTC(2026, 0, 1) + days * 86_400_000;

async function installed(on: number, source: string, version: string): Promise<void> {
  day = on;
  await suites.install(stable, source, version);
}

const expire = (listedBefore: number) => ({
  kind: "expire" as const,
  distribution: stable,
  listedBefore: new Date(at(listedBefore)).toISOString(),
});

const lists = async () =>
  await Promise.all([0, 1, 2].map((number) => suites.sourcesOf(`${stable}-rollback${number}`)));

describe("rollbacks by age", () => {
  test("count from the day a release left the suite, whatever its position since", async () => {
    await installed(0, "a", "1");
    await installed(10, "a", "2");
    await installed(20, "a", "3");
    await installed(30, "a", "4");
    expect(await lists()).toEqual([["main a 3"], ["main a 2"], ["main a 1"]]);

    day = 40;
    expect((await suites.apply(expire(10))).changed).toEqual([]);
    const { changed, plan } = await suites.apply(expire(11));

    expect(changed).toEqual([`${stable}-rollback2`]);
    expect(plan.distributions).toEqual([
      {
        distribution: `${stable}-rollback2`,
        added: [],
        removed: [{ component: "main", source: "a", version: "1" }],
      },
    ]);
    expect(await lists()).toEqual([["main a 3"], ["main a 2"], []]);
    expect(await suites.sourcesOf(stable)).toEqual(["main a 4"]);
    await suites.apply(expire(30));
    expect(await lists()).toEqual([["main a 3"], [], []]);
  });

  test("what was live again is as old as its last time there, in the same position too", async () => {
    await installed(0, "a", "1");
    await installed(10, "a", "2");
    day = 20;
    await suites.apply({ kind: "restore", distribution: `${stable}-rollback0`, source: "a", replace: true });
    await installed(30, "a", "3");
    expect(await lists()).toEqual([["main a 1"], ["main a 2"], []]);

    await suites.apply(expire(25));

    expect(await lists()).toEqual([["main a 1"], [], []]);
  });

  test("where one goes from the middle, the others move up, and only lists that change are published", async () => {
    await installed(0, "a", "1");
    await installed(1, "b", "1");
    await installed(2, "b", "2");
    await installed(10, "a", "2");
    await installed(20, "a", "3");
    await installed(30, "a", "4");
    await db.write((tx) =>
      tx
        .updateTable("rollback_membership")
        .set({ listed_at: new Date(at(1)).toISOString() })
        .where("source", "=", "a")
        .where("position", "=", 1)
        .where(
          "distribution_id",
          "in",
          tx.selectFrom("archive_distribution").select("id").where("name", "=", stable),
        )
        .where("removed", "is", null)
        .execute(),
    );
    suites.asked.length = 0;

    const { changed } = await suites.apply(expire(2));

    expect(changed).toEqual([`${stable}-rollback1`, `${stable}-rollback2`]);
    expect(suites.asked).toEqual(changed.map((name) => `r${count}/${name}`));
    expect(await lists()).toEqual([["main a 3", "main b 1"], ["main a 1"], []]);
    expect(await brokenRules(db, suites.repository)).toEqual([]);
  });

  test("are those of a live distribution only", async () => {
    const request = { ...expire(1), distribution: `${stable}-rollback0` };
    await expect(suites.plan(request)).rejects.toMatchObject({ code: "is_rollback" });
  });
});
