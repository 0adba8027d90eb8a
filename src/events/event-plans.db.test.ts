import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openTestDatabase, planOf } from "#db";
import type { EventFilter } from "./event.ts";
import { pageQuery } from "./event-store.ts";

let db: Database;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.write((tx) =>
    sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO event (id, type, time, actor, message, data, source, version, distribution, packaging, bkey)
      SELECT i, 'BUILT', 'then', '{}', 'm', '{}', 's' || i % 100, i % 1000 || '.0', 'bookworm-test-unstable', i / 9,
        's/' || i % 1000 || '/source' FROM n`.execute(tx),
  );
});
afterAll(() => db.close());

describe.each(["after", "before"] as const)("%s an event", (direction) => {
  const id = direction === "after" ? 0 : Number.MAX_SAFE_INTEGER;

  test.each<[EventFilter, string]>([
    [{ types: ["REJECTED"] }, "event_type"],
    [{ types: ["REJECTED", "FAILED"] }, "event_type"],
    [{ distribution: "none" }, "event_distribution"],
    [{ distribution: "bookworm-test-unstable", types: ["REJECTED"] }, "event_distribution_type"],
    [{ source: "none" }, "event_source"],
    [{ version: "none" }, "event_version"],
    [{ version: "none", distribution: "bookworm-test-unstable" }, "event_version"],
    [{ packaging: 4711 }, "event_packaging"],
  ])("%j is looked up", async (filter, index) => {
    const plan = await planOf(db, () => pageQuery(db, filter, { direction, id, limit: 50 }));

    expect(plan).toEqual({ indexes: [index], scanned: [] });
  });

  test("a bkey is looked up, however many types are asked for", async () => {
    const filter = { bkey: "none/1/source", types: ["BUILT", "FAILED"], distribution: "none" };

    const plan = await planOf(db, () => pageQuery(db, filter, { direction, id, limit: 50 }));

    expect(plan.scanned).toEqual([]);
    expect(plan.indexes).toContain("event_bkey");
  });
});

test("of several types the first ones of all are told in order", async () => {
  await db.write((tx) =>
    sql`UPDATE event SET type = CASE id % 3 WHEN 0 THEN 'FAILED' ELSE 'REJECTED' END WHERE id IN (3, 4, 6, 8)`.execute(
      tx,
    ),
  );
  const filter = { types: ["REJECTED", "FAILED", "REJECTED"] };

  const oldest = await pageQuery(db, filter, { direction: "after", id: 3, limit: 2 }).execute();
  const newest = await pageQuery(db, filter, { direction: "before", id: 9, limit: 3 }).execute();

  expect(oldest.map(({ id, type }) => `${id} ${type}`)).toEqual(["4 REJECTED", "6 FAILED"]);
  expect(newest.map(({ id }) => id)).toEqual([8, 6, 4]);
});
