import Sqlite from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { createStatementCache } from "./statement-cache.ts";

function openCache() {
  const database = new Sqlite(":memory:");
  database.exec("CREATE TABLE number (n integer); INSERT INTO number VALUES (1), (2), (3)");
  const cache = createStatementCache(database);
  onTestFinished(() => cache.close());
  return { database, cache };
}

test("the same text is understood once", () => {
  const { cache } = openCache();

  const first = cache.prepare("SELECT n FROM number WHERE n = ?");

  expect(cache.prepare("SELECT n FROM number WHERE n = ?")).toBe(first);
  expect([first.all([2]), first.all([3])]).toEqual([[{ n: 2 }], [{ n: 3 }]]);
});

test("a statement whose rows are still being read is not used for another question", () => {
  const { cache } = openCache();
  const text = "SELECT n FROM number ORDER BY n";
  const rows = cache.prepare(text).iterate([])[Symbol.iterator]();

  rows.next();

  expect(cache.prepare(text).all([])).toHaveLength(3);
  expect(rows.next().value).toEqual({ n: 2 });
  rows.return?.();
});

test("a table that changed is seen as it is", () => {
  const { database, cache } = openCache();
  const text = "SELECT * FROM number WHERE n = 1";
  expect(cache.prepare(text).all([])).toEqual([{ n: 1 }]);

  database.exec("ALTER TABLE number ADD COLUMN name text DEFAULT 'one'");
  cache.forget();

  expect(cache.prepare(text).all([])).toEqual([{ n: 1, name: "one" }]);
});

test("not more are kept than there is room for", () => {
  const { cache } = openCache();
  const first = cache.prepare("SELECT 0 AS n");

  for (let n = 1; n <= 600; n += 1) cache.prepare(`SELECT ${n} AS n`);

  expect(cache.prepare("SELECT 0 AS n")).not.toBe(first);
  expect(cache.prepare("SELECT 600 AS n")).toBe(cache.prepare("SELECT 600 AS n"));
});
