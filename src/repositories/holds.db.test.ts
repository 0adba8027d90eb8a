import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "#platform";
import {
  ADA,
  createTestRepository,
  STABLE,
  TESTING,
  type TestRepository,
  UNSTABLE,
} from "./changes-support.ts";
import { createHolds, type Holds } from "./holds.ts";
import { migrate, planMigrate } from "./migrate.ts";

const BY = { kind: "local", name: "administrator", client: "" } as const;
const HOLD = { distribution: UNSTABLE, source: "hello", reason: "bug 42" };

let given: TestRepository;
let audited: string[];
let holds: Holds;
beforeEach(async () => {
  given = await createTestRepository();
  audited = [];
  const done = async (_tx: unknown, _by: unknown, action: string) => void audited.push(action);
  holds = createHolds({ ...given, clock: systemClock, audit: { done } });
});
afterEach(() => given.close());

describe("a hold", () => {
  test("is set, given another reason, and lifted", async () => {
    await holds.set(HOLD, BY);
    await holds.set({ ...HOLD, reason: "bug 43", by: "ada" }, BY);

    expect(await holds.list()).toMatchObject([{ ...HOLD, reason: "bug 43", by: "ada" }]);
    expect(await holds.lift(HOLD, BY)).toBe(UNSTABLE);
    expect(await holds.list()).toEqual([]);
    expect(audited).toEqual(["hold.set", "hold.set", "hold.lift"]);
  });

  test.each([
    ["bad_argument", { source: "Hello" }],
    ["bad_argument", { reason: "two\nlines" }],
    ["bad_argument", { reason: " " }],
    ["bad_argument", { by: "\u001b[1m" }],
    ["no_target", { distribution: STABLE }],
    ["no_target", { distribution: `${UNSTABLE}-rollback0` }],
    ["unknown_repository", { distribution: "bookworm-nope-unstable" }],
  ])("is refused (%s) with %j", async (code, change) => {
    await expect(holds.set({ ...HOLD, ...change }, BY)).rejects.toMatchObject({ code });
    expect(await holds.list()).toEqual([]);
  });

  test("that is not there cannot be lifted; of a suite that is gone it can", async () => {
    await expect(holds.lift(HOLD, BY)).rejects.toMatchObject({ code: "not_found" });
    await holds.set(HOLD, BY);
    await given.db.write((tx) =>
      tx.updateTable("migration_hold").set({ distribution: "bookworm-gone-unstable" }).execute(),
    );

    expect(await holds.lift({ ...HOLD, distribution: "bookworm-gone-unstable" }, BY)).toBe(
      "bookworm-gone-unstable",
    );
  });

  test("does not keep people from migrating the source, but tells them", async () => {
    await given.install(UNSTABLE, "hello", "1.0");
    await holds.set(HOLD, BY);
    const question = { source: "hello", distribution: UNSTABLE };

    const plan = await planMigrate(given, question);
    const done = await migrate(given, question, ADA);

    expect(plan[0]).toBe(
      `hello is held in ${UNSTABLE} by administrator (bug 42): it does not migrate by itself, and the hold stays.`,
    );
    expect(done.holds).toMatchObject([HOLD]);
    expect(Object.keys(await given.held("hello"))).toContain(TESTING);
  });
});
