import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ADA, createTestRepository, TESTING, type TestRepository, UNSTABLE } from "./changes-support.ts";
import { planRemoveSource, type RemoveSourceRequest, removeSource } from "./remove.ts";

let given: TestRepository;
beforeEach(async () => {
  given = await createTestRepository();
});
afterEach(() => given.close());

type Wanted = Omit<RemoveSourceRequest, "source">;
const hello = (wanted: Wanted) => removeSource(given, { source: "hello", ...wanted }, ADA);
const plan = (wanted: Wanted) => planRemoveSource(given, { source: "hello", ...wanted });
const rollback = (position: number) => `${TESTING}-rollback${position}`;

async function install(...versions: string[]): Promise<void> {
  for (const version of versions) await given.install(TESTING, "hello", version);
}

describe("of a live suite", () => {
  test("the release becomes the newest rollback, and the event says so", async () => {
    await install("1", "2", "3", "4", "5");

    const planned = await plan({ distribution: TESTING });
    const result = await hello({ distribution: TESTING });

    expect(planned).toEqual([
      `Remove hello 5 from ${TESTING}; it is kept in ${rollback(0)}; rollbacks then: 5, 4, 3; 2 falls off their end.`,
    ]);
    expect(result).toEqual({
      ...{ source: "hello", version: "5", component: "main", distribution: TESTING },
      ...{ rollbacks: ["5", "4", "3"], events: [1] },
    });
    expect(await given.held("hello")).toEqual({
      [rollback(0)]: ["5 main"],
      [rollback(1)]: ["4 main"],
      [rollback(2)]: ["3 main"],
    });
    expect([...given.shown].sort()).toEqual([TESTING, rollback(0), rollback(1), rollback(2)]);
    expect(await given.told()).toMatchObject([
      {
        ...{ id: 1, type: "REMOVED", source: "hello", version: "5", component: "main", actor: ADA },
        ...{ distribution: TESTING, repository: "test", codename: "bookworm", suite: "testing" },
        message: `removed, kept in ${rollback(0)}`,
        data: { kind: "remove", from: TESTING, to: rollback(0), rollbacks: ["5", "4", "3"] },
      },
    ]);
  });

  test("without a rollback it is gone, and the others stay where they are", async () => {
    await install("1", "2");

    const planned = await plan({ distribution: TESTING, withoutRollback: true });
    const result = await hello({ distribution: TESTING, withoutRollback: true });

    expect(planned).toEqual([
      `Remove hello 2 from ${TESTING}; it is kept in no rollback; rollbacks then: 1.`,
    ]);
    expect(result).toMatchObject({ version: "2", rollbacks: ["1"] });
    expect(await given.held("hello")).toEqual({ [rollback(0)]: ["1 main"] });
    expect((await given.told())[0]?.data).toEqual({ kind: "remove", from: TESTING, rollbacks: ["1"] });
  });

  test("packages without a release go for good", async () => {
    await given.add(UNSTABLE, "hello", "1.0");

    const result = await hello({ distribution: UNSTABLE });

    expect(result).toMatchObject({ version: "1.0", rollbacks: [] });
    expect(await given.held("hello")).toEqual({});
  });
});

test("of a rollback the later ones move up", async () => {
  await install("1", "2", "3", "4");

  const planned = await plan({ distribution: rollback(1) });
  const result = await hello({ distribution: rollback(1) });

  expect(planned).toEqual([
    `Remove hello 2 from ${rollback(1)}; it is kept in no rollback; rollbacks then: 3, 1.`,
  ]);
  expect(result).toMatchObject({ version: "2", distribution: rollback(1), rollbacks: ["3", "1"] });
  expect([...given.shown].sort()).toEqual([rollback(1), rollback(2)]);
  expect((await given.told())[0]).toMatchObject({ distribution: rollback(1), suite: "testing" });
});

test("of several versions each that goes has its event, unless one is named", async () => {
  const several = await createTestRepository({
    suites: (db) =>
      db.write((tx) =>
        tx.updateTable("suite").set({ sources_per_component: 3 }).where("name", "=", "testing").execute(),
      ),
  });
  try {
    for (const version of ["1", "2", "3"]) await several.install(TESTING, "hello", version);
    const one = { source: "hello", distribution: TESTING, version: "2" };

    const first = await removeSource(several, one, ADA);
    const others = await removeSource(several, { source: "hello", distribution: TESTING }, ADA);

    expect(first).toMatchObject({ version: "2", events: [1] });
    expect(others).toMatchObject({ version: "3", events: [2, 3] });
    expect((await several.told()).map(({ version }) => version)).toEqual(["2", "3", "1"]);
  } finally {
    await several.close();
  }
});

const refusals: [string, string, Wanted][] = [
  ["nothing of the name is there", "not_found", { distribution: UNSTABLE }],
  ["another version is there", "version_mismatch", { distribution: TESTING, version: "1.1" }],
  ["another version is in the rollback", "version_mismatch", { distribution: rollback(0), version: "2" }],
  ["the rollback is empty", "not_found", { distribution: rollback(2) }],
  ["no rollback has that number", "unknown_rollback", { distribution: rollback(3) }],
  ["no distribution has that name", "bad_distribution", { distribution: "testing; rm" }],
];
test.each(refusals)("is refused when %s (%s), planned or not", async (_why, code, wanted) => {
  await install("1", "2");
  const before = await given.held("hello");

  await expect(plan(wanted)).rejects.toMatchObject({ code });
  await expect(hello(wanted)).rejects.toMatchObject({ code });
  expect(await given.told()).toEqual([]);
  expect(await given.held("hello")).toEqual(before);
});

test("of two components the version decides", async () => {
  await given.install(TESTING, "hello", "1");
  await given.install(TESTING, "hello", "2", "contrib");

  await expect(hello({ distribution: TESTING })).rejects.toMatchObject({ code: "ambiguous" });

  expect(await hello({ distribution: TESTING, version: "2" })).toMatchObject({ component: "contrib" });
});
