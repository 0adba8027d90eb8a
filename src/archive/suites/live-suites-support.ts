import { expect, test as plainTest } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { brokenRules, createTestSuites, type TestSuites } from "./suites-support.ts";

interface Given {
  db: Database;
  /** With `testing` (two rollbacks) and `stable` (three). */
  suites: TestSuites;
}

// Vitest reads from the pattern what a fixture needs.
// oxlint-disable no-empty-pattern

/** A test of changes of two live suites; whatever it does to them, no rule may be broken at its end. */
export const test = plainTest.extend<Given>({
  // biome-ignore lint/correctness/noEmptyPattern: it needs nothing
  db: async ({}, use) => {
    const db = await openTestDatabase();
    await use(db);
    await db.close();
  },
  suites: async ({ db }, use) => {
    const suites = createTestSuites(db);
    await suites.live("testing", { rollbacks: 2 });
    await suites.live("stable", { rollbacks: 3 });
    await use(suites);
    expect(await brokenRules(db, suites.repository)).toEqual([]);
  },
});
