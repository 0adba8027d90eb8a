import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Actor } from "#events";
import { MbdError, silentLog, systemClock } from "#platform";
import { autoMigrate, autoMigratedText, dueMigrations, type SuiteEntry } from "./auto-migrate.ts";
import { createTestRepository, STABLE, TESTING, type TestRepository, UNSTABLE } from "./changes-support.ts";
import { createHolds } from "./holds.ts";

const BY = { kind: "local", name: "administrator", client: "" } as const;
const NOW = new Date("2024-02-10T00:00:00Z");
const entry = (source: string, version: string, addedAt = "2024-02-01T00:00:00Z"): SuiteEntry => ({
  ...{ source, version, addedAt },
});
const versions = (entries: readonly SuiteEntry[]) =>
  entries.map(({ source, version }) => `${source} ${version}`);

describe("what is due", () => {
  test.each([
    ["what is there for so many days", [entry("a", "1", "2024-02-05T00:00:00Z")], [], ["a 1"]],
    ["not what came later", [entry("a", "1", "2024-02-05T00:00:01Z")], [], []],
    ["not what the next suite has", [entry("a", "1")], [entry("a", "1")], []],
    ["not what is lower than there", [entry("a", "1")], [entry("a", "2~rc1"), entry("b", "0")], []],
    ["what is higher than there", [entry("a", "1:1")], [entry("a", "2")], ["a 1:1"]],
    [
      "of several versions the highest that is due",
      [entry("a", "1"), entry("a", "2"), entry("a", "3", "2024-02-09T00:00:00Z")],
      [],
      ["a 2"],
    ],
  ])("%s", (_, from, to, expected) => {
    expect(versions(dueMigrations(from, to, NOW, 5))).toEqual(expected);
  });
});

describe("each day", () => {
  const SYSTEM: Actor = { kind: "system", name: "acme" };
  let given: TestRepository;
  let days: number;
  beforeEach(async () => {
    given = await createTestRepository({
      suites: (db) =>
        db.write((tx) =>
          tx.updateTable("suite").set({ auto_migrate_after: 3 }).where("name", "=", "unstable").execute(),
        ),
    });
    days = 0;
  });
  afterEach(() => given.close());

  const run = (archive = given.archive, signal = new AbortController().signal) => {
    const clock = { now: () => new Date(Date.now() + days * 86_400_000) };
    return autoMigrate({ ...given, archive, clock, log: silentLog }, SYSTEM, signal);
  };

  test("sources go to the next suite after the days of their own, and no further", async () => {
    await given.install(UNSTABLE, "hello", "1.0");

    expect(await run()).toEqual({ migrated: 0, failed: 0, held: [] });
    days = 4;
    expect(await run()).toEqual({ migrated: 1, failed: 0, held: [] });
    expect(await run()).toEqual({ migrated: 0, failed: 0, held: [] });

    expect(await given.held("hello")).toEqual({ [UNSTABLE]: ["1.0 main"], [TESTING]: ["1.0 main"] });
    expect(await given.told()).toMatchObject([
      { type: "MIGRATED", actor: SYSTEM, data: { from: UNSTABLE, to: TESTING } },
    ]);
    days = 400;
    await run();
    expect(Object.keys(await given.held("hello"))).not.toContain(STABLE);
  });

  test("one that cannot go keeps no other back", async () => {
    for (const name of ["another", "hello"]) await given.install(UNSTABLE, name, "1.0");
    days = 4;
    const { archive } = given;
    const plan: typeof archive.plan = async (request, db) => {
      if ("source" in request && request.source === "another")
        throw new MbdError("not_found", { what: "Something" });
      return await archive.plan(request, db);
    };

    expect(await run({ ...archive, plan })).toEqual({ migrated: 1, failed: 1, held: [] });

    expect(Object.keys(await given.held("hello"))).toContain(TESTING);
  });

  test("what is held stays, and the outcome says why; what is not due is not told", async () => {
    for (const name of ["another", "hello"]) await given.install(UNSTABLE, name, "1.0");
    const holds = createHolds({ ...given, clock: systemClock, audit: { done: async () => undefined } });
    const held = { distribution: UNSTABLE, source: "hello", reason: "bug 42" };
    await holds.set(held, BY);
    expect((await run()).held).toEqual([]);
    days = 4;

    const outcome = await run();

    expect(outcome).toMatchObject({ migrated: 1, failed: 0, held: [held] });
    expect(autoMigratedText(outcome)).toBe(
      `1 sources migrated, 0 could not; held: hello in ${UNSTABLE} (bug 42)`,
    );
    expect(Object.keys(await given.held("hello"))).toEqual([UNSTABLE]);
    await holds.lift(held, BY);
    expect(await run()).toEqual({ migrated: 1, failed: 0, held: [] });
  });

  test("all that a suite gets is published once, its rollbacks, too", async () => {
    for (const name of ["another", "hello"]) {
      await given.install(TESTING, name, "0.9");
      await given.install(UNSTABLE, name, "1.0");
    }
    days = 4;

    expect(await run()).toMatchObject({ migrated: 2 });

    expect(given.shown).toEqual([TESTING, `${TESTING}-rollback0`]);
  });

  test("ended between a migration and its publish, there is a job that publishes", async () => {
    for (const name of ["another", "hello"]) await given.install(UNSTABLE, name, "1.0");
    days = 4;
    given.fixture.asked.length = 0;
    const stop = new AbortController();
    const apply: typeof given.archive.apply = async (...words) => {
      stop.abort(new Error("stopped"));
      return await given.archive.apply(...words);
    };

    await expect(run({ ...given.archive, apply }, stop.signal)).rejects.toThrow("stopped");

    expect(given.shown).toEqual([]);
    expect(given.fixture.asked).toEqual([`test/${TESTING}`]);
    expect(await run()).toMatchObject({ migrated: 1 });
  });
});
