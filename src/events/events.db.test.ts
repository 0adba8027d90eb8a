import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { systemClock } from "#platform";
import { createEvents, type Events } from "./index.ts";

let db: Database;
let events: Events;
beforeEach(async () => {
  db = await openTestDatabase();
  events = createEvents({ db, clock: systemClock, instance: "acme" });
});
afterEach(() => db.close());

const record = (version: string, bkey = `hello/${version}/20240101T000000Z/source`) =>
  db.write((tx) =>
    events.record(tx, { type: "BUILT", message: "built", source: "hello", version, bkey, build: 3 }),
  );

test("ids are gap-free: a rolled back event leaves no hole", async () => {
  await record("1.0");
  await expect(
    db.write(async (tx) => {
      await events.record(tx, { type: "FAILED", message: "x" });
      throw new Error("undo");
    }),
  ).rejects.toThrow("undo");

  const id = await record("1.1");

  expect(id).toBe(2);
});

test("after(id) resumes without gap, latest() is newest first, views leave absent values out", async () => {
  for (const version of ["1.0", "1.1", "1.2"]) await record(version);

  const resumed = await events.after(1);
  const latest = await events.latest({}, 1);

  expect(resumed.events.map((event) => event.version)).toEqual(["1.1", "1.2"]);
  expect(latest[0]).toMatchObject({
    id: 3,
    instance: "acme",
    links: { build: "/builds/3", log: "/builds/3/log" },
  });
  expect(latest[0]).not.toHaveProperty("distribution");
});

test("filters: minimal version in dpkg's order, bkey of a packaging and its builds", async () => {
  await record("1.9");
  await record("1.10");
  await record("1.10", "hello/1.10/20240101T000000Z/source amd64");

  const higher = await events.after(0, { minVersion: "1.10" });
  const ofPackaging = await events.after(0, { bkey: "hello/1.10/20240101T000000Z/source" });

  expect(higher.events.map((event) => event.id)).toEqual([2, 3]);
  expect(ofPackaging.events.map((event) => event.id)).toEqual([2, 3]);
});

test("a minimal version behind any number of lower ones is found by going on", async () => {
  await record("1.0");
  const row = await db.read.selectFrom("event").selectAll().executeTakeFirstOrThrow();
  for (let first = 2; first < 12_000; first += 1000) {
    const rows = Array.from({ length: 1000 }, (_, index) => ({ ...row, id: first + index }));
    await db.write((tx) => tx.insertInto("event").values(rows).execute());
  }
  const wanted = { ...row, id: 20_000, version: "2.0" };
  await db.write((tx) => tx.insertInto("event").values(wanted).execute());
  const found: number[] = [];
  const lasts = [0];

  while (lasts.at(-1) !== lasts.at(-2)) {
    const page = await events.after(lasts.at(-1) ?? 0, { minVersion: "1.5" }, 1);
    found.push(...page.events.map((event) => event.id));
    lasts.push(page.last);
  }

  expect(found).toEqual([20_000]);
  expect(lasts).toEqual([0, 10_000, 20_000, 20_000]);
});

test("listeners are told after the commit, and can be taken off", async () => {
  let told = 0;
  const off = events.onNew(() => {
    told += 1;
  });
  await record("1.0");
  off();

  await record("1.1");

  expect(told).toBe(1);
});
