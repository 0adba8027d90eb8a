import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { seed } from "../testing/seed.ts";
import { type SearchQuery, searchAll } from "./search.ts";

let db: Database;
beforeAll(async () => {
  db = await openTestDatabase();
  await seed(db);
});
afterAll(() => db.close());

const search = (pattern: string, more: Partial<SearchQuery> = {}) =>
  searchAll(db.read, { pattern, repositories: [], codenames: [], limit: 50, ...more });
const namesOf = async (pattern: string, kind: string, more: Partial<SearchQuery> = {}) => {
  const { matches } = await search(pattern, more);
  return [...new Set(matches.filter((match) => match.kind === kind).map(({ name }) => name))];
};

describe("packages", () => {
  test("are found by any part of a name, the shortest name first, in each suite that holds them", async () => {
    const { matches, more } = await search("ACME", { codenames: ["bookworm"] });

    expect(more).toBe(false);
    const found = matches.filter(({ kind }) => kind === "source");
    expect([...new Set(found.map(({ name }) => name))]).toEqual([
      "libacme",
      "acme-tools",
      "nginx-module-acme",
      "acme-archive-keyring",
    ]);
    expect(found.slice(0, 3)).toEqual(
      ["stable", "testing", "unstable"].map((suite) => ({
        ...{ kind: "source", name: "libacme", version: "1:4.2.0-1~acme12+2" },
        ...{ distribution: `bookworm-acme-${suite}`, path: "/packages/libacme" },
      })),
    );
  });

  test("that are binaries lead to their source", async () => {
    const { matches } = await search("libacme-d*", { codenames: ["bookworm"] });

    expect(
      new Set(matches.map(({ kind, name, source, path }) => [kind, name, source, path].join(" "))),
    ).toEqual(
      new Set([
        "binary libacme-dev libacme /packages/libacme",
        "binary libacme-doc libacme /packages/libacme",
      ]),
    );
  });

  test("with signs of a shell the whole name is meant", async () => {
    expect(await namesOf("hell?", "source")).toEqual(["hello"]);
    expect(await namesOf("*-acme", "source")).toEqual(["nginx-module-acme"]);
    expect(await namesOf("ell?", "source")).toEqual([]);
  });

  test("that no live suite holds any more are not found", async () => {
    const { id } = await db.read
      .selectFrom("membership as m")
      .innerJoin("package as p", "p.id", "m.package_id")
      .select("m.id")
      .where("p.name", "=", "acme-tools")
      .where("p.kind", "=", "dsc")
      .executeTakeFirstOrThrow();
    const removed = (value: number | null) =>
      db.write((tx) =>
        tx
          .updateTable("membership")
          .set({ removed: value })
          .where("package_id", "in", (eb) =>
            eb.selectFrom("package").select("id").where("source", "=", "acme-tools"),
          )
          .execute(),
      );
    expect(id).toBeGreaterThan(0);
    expect(await namesOf("acme-tools", "source")).toEqual(["acme-tools"]);

    await removed(99);

    expect(await namesOf("acme-tools", "source")).toEqual([]);
    expect(await namesOf("acme-tools", "binary")).toEqual([]);
    await removed(null);
  });

  test("are those of the repositories and codenames that are asked about", async () => {
    const { matches } = await search("hello", { codenames: ["trixie"], repositories: ["acme"] });
    const kinds = matches.filter(({ kind }) => kind === "source" || kind === "binary");

    expect(kinds.length).toBeGreaterThan(0);
    expect(matches.filter(({ distribution = "" }) => !distribution.startsWith("trixie-acme-"))).toEqual([]);
    expect((await search("hello", { repositories: ["test"] })).matches).not.toContainEqual(
      expect.objectContaining({ kind: "source" }),
    );
  });
});

test("packages of a distribution that was made by hand lead to its page", async () => {
  await db.write(async (tx) => {
    const { id: distribution_id } = await tx
      .insertInto("archive_distribution")
      .values({
        ...{ repository: "byhand", name: "sid-byhand-extra", kind: "live", rollbacks: 0 },
        ...{ components: '["main"]', architectures: '["amd64"]', release_fields: "{}", options: "{}" },
        ...{ sources_per_component: 1, wanted_publish: 1, published_publish: 1, fence: 1 },
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const { id: package_id } = await tx
      .insertInto("package")
      .values({
        ...{ repository: "byhand", kind: "deb", name: "zebra-tools", version: "1", arch: "all" },
        ...{ source: "zebra", source_version: "1", component: "main", section: "misc", stanza: "" },
        ...{ content_sha256: "", created_at: "" },
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const membership = { distribution_id, package_id, component: "main", release_id: null, added: 1 };
    await tx
      .insertInto("membership")
      .values({ ...membership, removed: null, added_at: "", removed_at: null })
      .execute();
  });

  expect((await search("zebra")).matches).toEqual([
    {
      ...{ kind: "binary", name: "zebra-tools", version: "1", distribution: "sid-byhand-extra" },
      ...{ source: "zebra", path: "/distributions/sid-byhand-extra?kind=binary&q=zebra-tools" },
    },
  ]);
});

test("builds and events are found by their source, the newest first", async () => {
  const { matches } = await search("hello");
  const builds = matches.filter(({ kind }) => kind === "build");
  const events = matches.filter(({ kind }) => kind === "event");

  expect(builds.length).toBeGreaterThan(1);
  const ids = builds.map(({ path }) => Number(/^\/builds\/(\d+)$/.exec(path)?.[1]));
  expect(ids).toEqual([...ids].sort((a, b) => b - a));
  expect(builds.every(({ name, state }) => name === "hello" && state !== undefined)).toBe(true);
  expect(events.length).toBeGreaterThan(1);
  expect(events.every(({ name, state }) => name === "hello" && state !== undefined)).toBe(true);
});

test("of each kind there are as many as asked for, and it says when there is more", async () => {
  const { matches, more } = await search("acme", { limit: 2 });

  expect(more).toBe(true);
  for (const kind of ["source", "binary", "event"])
    expect(matches.filter((match) => match.kind === kind)).toHaveLength(2);
});

test.each([
  "%",
  "_",
  "%%%",
  "\\",
  "a\\",
  "'; DROP TABLE package; --",
  "[a-z]",
  "\u202e",
  `${"*l".repeat(50)}*x`,
  "x".repeat(4000),
  "",
])("%j is text like any other, and matches nothing", async (pattern) => {
  expect(await search(pattern)).toEqual({ matches: [], more: false });
});
