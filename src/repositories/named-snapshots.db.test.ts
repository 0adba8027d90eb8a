import { afterEach, beforeEach, expect, test } from "vitest";
import { ADA, createTestRepository, STABLE, type TestRepository } from "./changes-support.ts";
import {
  createNamedSnapshot,
  deleteNamedSnapshot,
  namedSnapshots,
  planCreateSnapshot,
  planDeleteSnapshot,
} from "./named-snapshots.ts";

let given: TestRepository;
beforeEach(async () => {
  given = await createTestRepository();
});
afterEach(() => given.close());

const FIRST = { distribution: STABLE, name: "2024.1" };

test("a snapshot is made, listed and deleted, each with an event", async () => {
  await given.install(STABLE, "hello", "1.0");

  const planned = await planCreateSnapshot(given, FIRST);
  await createNamedSnapshot(given, FIRST, ADA);
  const there = await namedSnapshots(given, STABLE);
  const forget = await planDeleteSnapshot(given, FIRST);
  await deleteNamedSnapshot(given, FIRST, ADA);

  expect(planned).toEqual([
    `Keep the present state of ${STABLE} as ${STABLE}/snapshots/2024.1, until it is deleted; no file is copied.`,
  ]);
  expect(there).toMatchObject([{ name: "2024.1", createdBy: "ada", sources: 1, packages: 2 }]);
  expect(forget[0]).toMatch(/^Delete .*\/snapshots\/2024\.1 \(1 sources and 2 packages, made .* by ada\)/);
  expect(await namedSnapshots(given, STABLE)).toEqual([]);
  const common = { type: "SNAPSHOT", distribution: STABLE, suite: "stable", actor: ADA };
  expect(await given.told()).toMatchObject([
    { ...common, message: "snapshot 2024.1 created", data: { action: "create", name: "2024.1" } },
    { ...common, message: "snapshot 2024.1 deleted", data: { action: "delete", name: "2024.1" } },
  ]);
});

test("what cannot be is refused, planned or not, and not told", async () => {
  await createNamedSnapshot(given, FIRST, ADA);
  const create = [planCreateSnapshot, createNamedSnapshot];
  const remove = [planDeleteSnapshot, deleteNamedSnapshot];

  for (const call of create) {
    await expect(call(given, FIRST, ADA)).rejects.toMatchObject({ code: "snapshot_exists" });
    for (const name of ["../x", "A", "", "a/b", "x.new", "a".repeat(65)])
      await expect(call(given, { ...FIRST, name }, ADA)).rejects.toMatchObject({ code: "bad_argument" });
  }
  for (const call of [...create, ...remove])
    await expect(call(given, { ...FIRST, distribution: "bookworm-test-x" }, ADA)).rejects.toMatchObject({
      code: "unknown_suite",
    });
  for (const call of remove)
    await expect(call(given, { ...FIRST, name: "other" }, ADA)).rejects.toMatchObject({ code: "not_found" });
  expect(await given.told()).toHaveLength(1);
});

test("rollbacks can have one, too", async () => {
  await given.install(STABLE, "hello", "1.0");
  await given.install(STABLE, "hello", "1.1");
  const old = { distribution: `${STABLE}-rollback0`, name: "old" };

  await createNamedSnapshot(given, old, ADA);

  expect(await namedSnapshots(given, old.distribution)).toMatchObject([{ name: "old", sources: 1 }]);
});
