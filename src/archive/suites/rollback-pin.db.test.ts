import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { pinnedRollbacks, pinRollback } from "./rollback-pin.ts";
import { brokenRules, createTestSuites, type TestSuites } from "./suites-support.ts";

let db: Database;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

let count = 0;
let suites: TestSuites;
let stable: string;
beforeEach(async () => {
  count += 1;
  suites = createTestSuites(db, `pins${count}`, { now: () => new Date("2026-01-01T00:00:00Z") });
  stable = await suites.live(`pins${count}-stable`, { rollbacks: 2 });
  for (const version of ["1", "2", "3"]) await suites.install(stable, "a", version);
});

const pin = (version: string | undefined, pinned = true, distribution = stable) =>
  db.write((tx) =>
    pinRollback(tx, {
      ...{ distribution, source: "a", pinned },
      ...(version === undefined ? {} : { version }),
    }),
  );
const lists = async () =>
  await Promise.all([0, 1].map((number) => suites.sourcesOf(`${stable}-rollback${number}`)));

test("a pinned entry stays where others fall off the end, and where they are too old", async () => {
  expect(await pin("1")).toEqual({
    ...{ distribution: `${stable}-rollback1`, component: "main", source: "a", version: "1", pinned: true },
  });
  suites.asked.length = 0;

  await suites.install(stable, "a", "4");
  expect(await lists()).toEqual([["main a 3"], ["main a 1"]]);
  // What stays at its place is not published.
  expect(suites.asked).toEqual([stable, `${stable}-rollback0`].map((name) => `pins${count}/${name}`));
  await suites.apply({ kind: "expire", distribution: stable, listedBefore: "2027-01-01T00:00:00.000Z" });

  expect(await lists()).toEqual([["main a 1"], []]);
  expect(await pinnedRollbacks(db.read, stable)).toMatchObject([{ version: "1", pinned: true }]);
  expect(await brokenRules(db, suites.repository)).toEqual([]);
});

test("where all are pinned, what is replaced is kept in no rollback, and a plan says so before", async () => {
  for (const version of ["1", "2"]) await pin(version);
  const before = await lists();

  const { plan } = await suites.install(stable, "a", "4");

  expect(await lists()).toEqual(before);
  const [live] = plan.distributions;
  expect(live?.removed).toMatchObject([{ version: "3" }]);
  expect(live?.removed[0]).not.toHaveProperty("other");
});

test("an entry that is pinned no more goes as others do", async () => {
  await pin("1");
  await suites.install(stable, "a", "4");
  await pin("1", false);
  await suites.install(stable, "a", "5");

  expect(await lists()).toEqual([["main a 4"], ["main a 3"]]);
  expect(await pinnedRollbacks(db.read, stable)).toEqual([]);
});

test("who removes or restores it by name means it", async () => {
  await pin("1");
  await suites.apply({ kind: "restore", distribution: `${stable}-rollback1`, source: "a", replace: true });
  expect(await lists()).toEqual([["main a 3"], ["main a 2"]]);
  expect(await pinnedRollbacks(db.read, stable)).toEqual([]);

  await pin("3");
  await suites.apply({ kind: "remove", distribution: `${stable}-rollback0`, source: "a" });
  expect(await lists()).toEqual([["main a 2"], []]);
});

test("which one is meant is said by its place or its version", async () => {
  expect(await pin(undefined, true, `${stable}-rollback0`)).toMatchObject({ version: "2" });
  await expect(pin(undefined)).rejects.toMatchObject({
    code: "bad_argument",
    params: { argument: "source" },
  });
  await expect(pin("9")).rejects.toMatchObject({ code: "version_mismatch" });
  await expect(pin("1", true, `${stable}-rollback0`)).rejects.toMatchObject({ code: "version_mismatch" });
  await expect(pin("1", true, "nothing")).rejects.toMatchObject({ code: "not_found" });
  const other = { distribution: stable, source: "b", pinned: true };
  await expect(db.write((tx) => pinRollback(tx, other))).rejects.toMatchObject({ code: "not_found" });
});
