import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { afterCommit, type Database, isUniqueViolation, nextNumber, openTestDatabase } from "./index.ts";

let db: Database;
beforeEach(async () => {
  db = await openTestDatabase();
});
afterEach(() => db.close());

describe("transactions", () => {
  test("a thrown error undoes everything, counters too, and runs no afterCommit", async () => {
    const told: string[] = [];

    const failing = db.write(async (tx) => {
      await nextNumber(tx, "event");
      afterCommit(() => told.push("never"));
      throw new Error("stop");
    });

    await expect(failing).rejects.toThrow("stop");
    const number = await db.write((tx) => nextNumber(tx, "event"));
    expect(number).toBe(1);
    expect(told).toEqual([]);
  });

  test("numbers are gap-free under concurrency", async () => {
    const numbers = await Promise.all(
      Array.from({ length: 20 }, () => db.write((tx) => nextNumber(tx, "n"))),
    );

    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  test("a transaction inside a transaction is refused instead of waiting for ever", async () => {
    const nested = db.write(() => db.write(async () => 1));

    await expect(nested).rejects.toThrow("inside a transaction");
  });

  test("afterCommit sees what was committed", async () => {
    const seen = await new Promise((resolve) => {
      void db.write(async (tx) => {
        await tx.insertInto("setting").values({ name: "a", value: "1" }).execute();
        afterCommit(() => resolve(db.read.selectFrom("setting").selectAll().execute()));
      });
    });

    expect(seen).toEqual([{ name: "a", value: "1" }]);
  });

  test("a second row with the same unique value is recognised on both databases", async () => {
    const insert = () =>
      db.write((tx) => tx.insertInto("setting").values({ name: "a", value: "1" }).execute());
    await insert();

    const error = await insert().catch((thrown: unknown) => thrown);

    expect(isUniqueViolation(error)).toBe(true);
  });
});
