import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ADA,
  createTestRepository,
  STABLE,
  TESTING,
  type TestRepository,
  UNSTABLE,
} from "./changes-support.ts";
import { type MigrateRequest, migrate, planMigrate } from "./migrate.ts";

let given: TestRepository;
beforeEach(async () => {
  given = await createTestRepository();
});
afterEach(() => given.close());

type Wanted = Omit<MigrateRequest, "source">;
const hello = (wanted: Wanted) => migrate(given, { source: "hello", ...wanted }, ADA);
const plan = (wanted: Wanted) => planMigrate(given, { source: "hello", ...wanted });

describe("migrate", () => {
  test("copies a release to the next suite, which it stays in, and tells it", async () => {
    await given.install(UNSTABLE, "hello", "1.0");

    const result = await hello({ distribution: UNSTABLE });

    expect(result).toEqual({
      ...{ source: "hello", version: "1.0", component: "main", events: [1] },
      steps: [{ from: UNSTABLE, to: TESTING, replaced: null, rollbacks: [] }],
    });
    expect(await given.held("hello")).toEqual({ [UNSTABLE]: ["1.0 main"], [TESTING]: ["1.0 main"] });
    expect(given.shown).toEqual([TESTING]);
    expect(await given.told()).toMatchObject([
      {
        ...{ id: 1, type: "MIGRATED", source: "hello", version: "1.0", component: "main", actor: ADA },
        ...{ distribution: TESTING, repository: "test", codename: "bookworm", suite: "testing" },
        message: `migrated from ${UNSTABLE}`,
        data: { kind: "migrate", from: UNSTABLE, to: TESTING, replaced: null, rollbacks: [] },
      },
    ]);
  });

  test("what it replaces is the newest rollback; the oldest falls off the end", async () => {
    for (const version of ["1", "2", "3", "4"]) await given.install(TESTING, "hello", version);
    await given.install(UNSTABLE, "hello", "5");

    const planned = await plan({ distribution: UNSTABLE });
    const result = await hello({ distribution: UNSTABLE });

    expect(planned).toEqual([
      `Copy hello 5 from ${UNSTABLE} to ${TESTING}; it replaces 4; rollbacks then: 4, 3, 2; 1 falls off their end.`,
    ]);
    expect(result.steps).toEqual([
      { from: UNSTABLE, to: TESTING, replaced: "4", rollbacks: ["4", "3", "2"] },
    ]);
    expect([...given.shown].sort()).toEqual([TESTING, ...[0, 1, 2].map((n) => `${TESTING}-rollback${n}`)]);
    expect((await given.told())[0]).toMatchObject({
      message: `migrated from ${UNSTABLE}, replaces 4`,
      data: { replaced: "4", rollbacks: ["4", "3", "2"] },
    });
  });

  test("goes along the whole chain, past suites that have the version already", async () => {
    await given.install(UNSTABLE, "hello", "1.0");

    expect(await plan({ distribution: UNSTABLE, full: true })).toHaveLength(2);
    const first = await hello({ distribution: UNSTABLE, full: true });
    await given.install(UNSTABLE, "hello", "2.0");
    await hello({ distribution: UNSTABLE });
    const planned = await plan({ distribution: UNSTABLE, full: true });
    const second = await hello({ distribution: UNSTABLE, full: true });

    expect(first.steps.map(({ from, to }) => [from, to])).toEqual([
      [UNSTABLE, TESTING],
      [TESTING, STABLE],
    ]);
    expect(planned[0]).toBe(`${TESTING} has this version of hello already; nothing changes there.`);
    expect(second.steps).toEqual([{ from: TESTING, to: STABLE, replaced: "1.0", rollbacks: ["1.0"] }]);
    expect((await given.told()).map(({ data }) => data.to)).toEqual([TESTING, STABLE, TESTING, STABLE]);
  });

  test("is all or nothing: a step that cannot be leaves no trace of the others", async () => {
    await given.install(UNSTABLE, "hello", "1.0");
    await given.install(STABLE, "hello", "2.0");

    await expect(hello({ distribution: UNSTABLE, full: true })).rejects.toMatchObject({ code: "downgrade" });

    expect(await given.held("hello")).toEqual({ [UNSTABLE]: ["1.0 main"], [STABLE]: ["2.0 main"] });
    expect(await given.told()).toEqual([]);
    expect(given.shown).toEqual([]);
  });

  test("a lower version replaces a higher one only when that is asked for", async () => {
    await given.install(UNSTABLE, "hello", "1.0");
    await given.install(TESTING, "hello", "2.0");

    await expect(hello({ distribution: UNSTABLE })).rejects.toMatchObject({ code: "downgrade" });
    const result = await hello({ distribution: UNSTABLE, allowDowngrade: true });

    expect(result.steps).toMatchObject([{ replaced: "2.0", rollbacks: ["2.0"] }]);
  });

  test("takes packages that came without a release", async () => {
    await given.add(UNSTABLE, "hello", "1.0");
    await given.add(TESTING, "hello", "0.9");

    const result = await hello({ distribution: UNSTABLE });

    // What has no release has nothing that could come back.
    expect(result).toMatchObject({ version: "1.0", steps: [{ replaced: "0.9", rollbacks: [] }] });
  });

  test("packages without a release do not come when something higher is in their way", async () => {
    await given.add(UNSTABLE, "hello", "1.0");
    await given.add(TESTING, "hello", "1.1");

    await expect(hello({ distribution: UNSTABLE })).rejects.toMatchObject({ code: "downgrade" });
  });

  test("a name that stands for no distribution is refused with what is wrong with it", async () => {
    await expect(hello({ distribution: "bookworm-test-nothing" })).rejects.toMatchObject({
      code: "unknown_suite",
    });
    await expect(hello({ distribution: "../x" })).rejects.toMatchObject({ code: "bad_distribution" });
  });

  const refusals: [string, string, Wanted][] = [
    ["nothing of the name is there", "not_found", { distribution: TESTING }],
    ["another version is there", "version_mismatch", { distribution: UNSTABLE, version: "1.1" }],
    ["there is no suite to go to", "no_target", { distribution: STABLE }],
    ["the suite has it already", "already_there", { distribution: "bookworm-test-hotfix" }],
    ["all suites have it already", "already_there", { distribution: "bookworm-test-hotfix", full: true }],
    ["a rollback has no chain", "no_target", { distribution: `${STABLE}-rollback0`, full: true }],
    ["no rollback has that number", "unknown_rollback", { distribution: `${STABLE}-rollback6` }],
    ["the rollback is empty", "not_found", { distribution: `${TESTING}-rollback0` }],
  ];
  test.each(refusals)("is refused when %s (%s), planned or not", async (_why, code, wanted) => {
    await given.install(UNSTABLE, "hello", "1.0");
    await given.install(STABLE, "hello", "1.0");
    await given.install("bookworm-test-hotfix", "hello", "1.0");

    await expect(plan(wanted)).rejects.toMatchObject({ code });
    await expect(hello(wanted)).rejects.toMatchObject({ code });
    expect(await given.told()).toEqual([]);
  });

  test("of two components the version decides", async () => {
    await given.install(UNSTABLE, "hello", "1.0");
    await given.install(UNSTABLE, "hello", "2.0", "contrib");

    await expect(hello({ distribution: UNSTABLE })).rejects.toMatchObject({ code: "ambiguous" });
    const result = await hello({ distribution: UNSTABLE, version: "2.0" });

    expect(result).toMatchObject({ version: "2.0", component: "contrib" });
  });
});

describe("restore", () => {
  const rollback = (position: number) => `${UNSTABLE}-rollback${position}`;
  beforeEach(async () => {
    for (const version of ["1", "2", "3"]) await given.install(UNSTABLE, "hello", version);
  });

  test("needs an empty place, or leave to replace what is there", async () => {
    await expect(plan({ distribution: rollback(1) })).rejects.toMatchObject({ code: "occupied" });
    await expect(hello({ distribution: rollback(1) })).rejects.toMatchObject({ code: "occupied" });
    const planned = await plan({ distribution: rollback(1), replace: true });
    const result = await hello({ distribution: rollback(1), replace: true });

    expect(planned).toEqual([
      `Restore hello 1 from ${rollback(1)} to ${UNSTABLE}; it leaves that rollback; it replaces 3; rollbacks then: 3, 2.`,
    ]);
    expect(result).toEqual({
      ...{ source: "hello", version: "1", component: "main", events: [1] },
      steps: [{ from: rollback(1), to: UNSTABLE, replaced: "3", rollbacks: ["3", "2"] }],
    });
    expect((await given.told())[0]).toMatchObject({
      ...{ type: "MIGRATED", distribution: UNSTABLE, message: `restored from ${rollback(1)}, replaces 3` },
      data: { kind: "restore", from: rollback(1), to: UNSTABLE, replaced: "3", rollbacks: ["3", "2"] },
    });
  });

  test("checks the version that is meant", async () => {
    const wanted = { distribution: rollback(0), replace: true };

    await expect(hello({ ...wanted, version: "1" })).rejects.toMatchObject({ code: "version_mismatch" });
    expect(await hello({ ...wanted, version: "2" })).toMatchObject({ version: "2" });
  });
});

test("a suite of several versions gets the version beside others, and keeps no rollbacks", async () => {
  const several = await createTestRepository({
    suites: (db) =>
      db.write((tx) =>
        tx.updateTable("suite").set({ sources_per_component: 2 }).where("name", "=", "testing").execute(),
      ),
  });
  try {
    const steps = [];
    for (const version of ["1", "2", "3"]) {
      await several.install(UNSTABLE, "hello", version);
      steps.push(...(await migrate(several, { source: "hello", distribution: UNSTABLE }, ADA)).steps);
    }

    expect((await several.held("hello"))[TESTING]).toEqual(["2 main", "3 main"]);
    expect(steps.map(({ replaced, rollbacks }) => [replaced, rollbacks])).toEqual([
      [null, []],
      [null, []],
      ["1", []],
    ]);
  } finally {
    await several.close();
  }
});

test("without rollbacks what is replaced is gone", async () => {
  const none = await createTestRepository({ layout: "Default (no rollbacks)" });
  try {
    await none.install(UNSTABLE, "hello", "2");
    await none.install(TESTING, "hello", "1");

    const { steps } = await migrate(none, { source: "hello", distribution: UNSTABLE }, ADA);

    expect(steps).toEqual([{ from: UNSTABLE, to: TESTING, replaced: "1", rollbacks: [] }]);
    expect(await none.held("hello")).toEqual({ [UNSTABLE]: ["2 main"], [TESTING]: ["2 main"] });
  } finally {
    await none.close();
  }
});
