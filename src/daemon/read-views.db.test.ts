import { expect, onTestFinished, test } from "vitest";
import type { TestArchive } from "#archive/testing";
import { aptDistributions } from "./api-views.ts";
import { knownNames } from "./known-names.ts";
import { findSources } from "./ls-view.ts";
import { BY_HAND, createSetUpArchive, installHello, TESTING, UNSTABLE } from "./repository-support.ts";

async function open(): Promise<TestArchive> {
  const fixture = await createSetUpArchive();
  onTestFinished(() => fixture.close());
  return fixture;
}

const everything = { source: "hello", repositories: [], codenames: [] };

test("ls tells of each distribution what it holds, where that goes, and what was there before", async () => {
  const given = await open();
  for (const version of ["1.0", "2.0"]) await installHello(given, UNSTABLE, version);
  await given.db.write((tx) =>
    given.archive.apply(tx, { kind: "copy", from: UNSTABLE, to: TESTING, source: "hello" }),
  );

  const found = await findSources(given.db, given.archive, everything);

  const pool = "/repositories/setup/pool/main/hello";
  const same = {
    ...{ version: "2.0", component: "main", architectures: ["all", "amd64"] },
    ...{ binaries: ["hello", "hello-doc"], dsc_path: `${pool}/hello_2.0_source.dsc`, experimental: false },
  };
  expect(found).toHaveLength(2);
  expect(found).toContainEqual({
    ...{ distribution: UNSTABLE, ...same, uploadable: true, migrates_to: TESTING, is_migrated: true },
    rollbacks: [
      {
        ...{ distribution: `${UNSTABLE}-rollback0`, version: "1.0" },
        dsc_path: `${pool}/hello_1.0_source.dsc`,
      },
    ],
    event_path: `/events?source=hello&distribution=${UNSTABLE}`,
  });
  expect(found).toContainEqual(
    expect.objectContaining({
      ...{ distribution: TESTING, ...same, uploadable: false, is_migrated: false, rollbacks: [] },
      migrates_to: "bookworm-setup-stable",
    }),
  );
});

test("ls tells what keeps a source from migrating by itself, where that is", async () => {
  const given = await open();
  await installHello(given, UNSTABLE, "1.0");
  const row = { distribution: UNSTABLE, source: "hello", reason: "bug 42", held_by: "administrator" };
  await given.db.write((tx) =>
    tx
      .insertInto("migration_hold")
      .values([
        { ...row, created_at: "2024-01-02T00:00:00.000Z" },
        { ...row, source: "other", created_at: "2024-01-02T00:00:00.000Z" },
      ])
      .execute(),
  );

  expect(await findSources(given.db, given.archive, everything)).toMatchObject([
    { hold: { reason: "bug 42", by: "administrator", since: "2024-01-02T00:00:00.000Z" } },
  ]);
});

test("what the administrator made by hand is read as all else is", async () => {
  const given = await open();
  for (const version of ["1.0", "1.1"]) await installHello(given, BY_HAND, version);

  const found = await findSources(given.db, given.archive, { ...everything, repositories: ["test"] });

  expect(found).toMatchObject([
    {
      ...{ distribution: BY_HAND, version: "1.1", uploadable: false, experimental: false },
      ...{ is_migrated: false, rollbacks: [{ distribution: `${BY_HAND}-rollback0`, version: "1.0" }] },
    },
  ]);
  expect(found[0]).not.toHaveProperty("migrates_to");
  expect(await findSources(given.db, given.archive, { ...everything, codenames: ["sid"] })).toEqual([]);
  expect((await aptDistributions(given.db)).filter(({ repository }) => repository === "test")).toEqual([
    {
      ...{ name: BY_HAND, repository: "test", codename: "bookworm", suite: "extra", rollbacks: 1 },
      ...{ components: ["main", "contrib"], architectures: ["amd64", "arm64"] },
    },
  ]);
  expect(await knownNames(given.db, "repositories")).toEqual(["setup", "test"]);
  expect(await knownNames(given.db, "codenames")).toEqual(["bookworm"]);
  expect(await knownNames(given.db, "suites")).toContain("extra");
  expect(await knownNames(given.db, "distributions")).toContain(BY_HAND);
  expect(await knownNames(given.db, "all_distributions")).toContain(`${BY_HAND}-rollback0`);
  expect(await knownNames(given.db, "uploadable_distributions")).not.toContain(BY_HAND);
});

test("a repository that is switched off is read no more", async () => {
  const given = await open();
  await installHello(given, UNSTABLE, "1.0");
  await given.db.write((tx) => tx.updateTable("repository").set({ active: 0 }).execute());

  expect(await findSources(given.db, given.archive, everything)).toEqual([]);
  expect((await aptDistributions(given.db)).map(({ name }) => name)).toEqual([BY_HAND]);
  expect(await knownNames(given.db, "suites")).toEqual(["extra"]);
});

test("of many sources those are known that begin as somebody wrote", async () => {
  const given = await open();
  await given.db.write(async (tx) => {
    const release = { repository: "test", component: "main", version: "1", bkey: null, created_at: "" };
    const names = Array.from({ length: 600 }, (_, number) => `a${number}`);
    for (const source of [...names, "zoo", "zoo-tools"])
      await tx
        .insertInto("release")
        .values({ ...release, source, buildinfos: "[]", changes: "[]" })
        .execute();
  });

  expect(await knownNames(given.db, "sources")).toHaveLength(500);
  expect(await knownNames(given.db, "sources")).not.toContain("zoo");
  expect(await knownNames(given.db, "sources", "zo")).toEqual(["zoo", "zoo-tools"]);
  expect(await knownNames(given.db, "sources", "z%")).toEqual([]);
  expect(await knownNames(given.db, "sources", "zoo_")).toEqual([]);
});
