import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openTestDatabase, planOf } from "#db";
import { buildsQuery, type ListQuery, listBuilds, packagingsQuery } from "./packagings.ts";

const NONE = "none";
const DISTRIBUTION = "bookworm-acme-unstable";

let db: Database;
beforeAll(async () => {
  db = await openTestDatabase();
  const at = "2023-01-01T00:00:00.000Z";
  await db.write(async (tx) => {
    const upload = {
      ...{ origin: "http", changes_name: "c", changes_sha256: "0", state: "ACCEPTED", errors: "[]" },
      ...{ received_from: "", created_at: at },
    };
    const { id } = await tx.insertInto("upload").values(upload).returning("id").executeTakeFirstOrThrow();
    for (let from = 0; from < 3000; from += 500) {
      const numbers = Array.from({ length: 500 }, (_, nth) => from + nth);
      const same = { source: "hello", distribution: DISTRIBUTION, codename: "bookworm" };
      const packagings = await tx
        .insertInto("packaging")
        .values(
          numbers.map((nth) => ({
            ...{ ...same, bkey: `hello/${nth}/source`, upload_id: id, repository: "acme", suite: "unstable" },
            ...{ component: "main", version: String(nth), dsc: "d", options: "[]", changed_by: "" },
            ...{ state: "INSTALLED", accepted_no: nth, created_at: at, ended_at: at },
          })),
        )
        .returning(["id", "bkey"])
        .execute();
      const flags = { build_any: 1, build_all: 0, optional: 0, cancel_requested: 0 } as const;
      await tx
        .insertInto("build")
        .values(
          packagings.map(({ id: packaging_id, bkey }) => ({
            ...{ ...same, ...flags, packaging_id, bkey: `${bkey} amd64`, arch: "amd64", state: "BUILT" },
            ...{ attempt: 1, fence: 1, queued_at: at, started_at: at, ended_at: at },
          })),
        )
        .execute();
    }
  });
});
afterAll(() => db.close());

test.each<Omit<ListQuery, "limit">>([
  { distribution: NONE },
  { distribution: DISTRIBUTION, state: "FAILED" },
  { source: NONE },
  { source: NONE, distribution: DISTRIBUTION },
  { state: "FAILED" },
])("packagings of %j are looked up, in their order", async (query) => {
  const plan = await planOf(db, (read) => packagingsQuery(read, { ...query, before: 4711, limit: 50 }));

  expect(plan).toMatchObject({ indexes: [expect.stringMatching(/^packaging_[^p]/)], scanned: [] });
});

test.each<Omit<ListQuery, "limit">>([
  { distribution: NONE },
  { distribution: DISTRIBUTION, arch: "arm64" },
  { distribution: DISTRIBUTION, state: "FAILED" },
  { arch: "arm64" },
  { arch: "amd64", state: "FAILED" },
  { source: NONE },
  { source: NONE, arch: "amd64" },
  { state: "FAILED" },
])("builds of %j are looked up, in their order", async (query) => {
  const plan = await planOf(db, (read) => buildsQuery(read, { ...query, before: 4711, limit: 50 }));

  expect(plan.scanned).toEqual([]);
  expect(plan.indexes.filter((name) => !name.startsWith("packaging_"))).toEqual([
    expect.stringMatching(/^build_[^p]/),
  ]);
});

test("builds of a distribution and a source are told newest first", async () => {
  const found = await listBuilds(db.read, { distribution: DISTRIBUTION, source: "hello", limit: 2 });

  expect(found.map(({ version }) => version)).toEqual(["2999", "2998"]);
});
