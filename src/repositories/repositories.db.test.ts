import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DistributionSpec } from "#archive";
import { type Database, openTestDatabase, type Row } from "#db";
import { systemClock } from "#platform";
import {
  ambiguousMetas,
  createRepositoryService,
  type RepositoryService,
  resolveDistribution,
  resolveUploadTarget,
} from "./index.ts";

let db: Database;
let service: RepositoryService;
let published: DistributionSpec[];

beforeEach(async () => {
  db = await openTestDatabase();
  published = [];
  const ensureDistribution = async (_tx: unknown, spec: DistributionSpec) => published.push(spec);
  service = createRepositoryService({
    db,
    clock: systemClock,
    identity: "acme",
    hostname: "host",
    ensureDistribution,
  });
});
afterEach(() => db.close());

async function addSource(codename: string, change: Partial<Row<"source">> = {}): Promise<number> {
  const row = {
    origin: "Debian",
    codename,
    archives: "[]",
    keyring: "",
    match: "{}",
    check_valid_until: 1 as const,
    remove_from_component: "",
    state: "active",
    description: "",
    codeversion: "12",
    components: '["main","contrib","non-free"]',
    architectures: '["amd64"]',
    ...change,
  };
  return await db.write(async (tx) => {
    const { id } = await tx.insertInto("source").values(row).returning("id").executeTakeFirstOrThrow();
    return id;
  });
}

async function addRepository(identity: string, layout: string, codename: string): Promise<void> {
  const sourceId = await addSource(codename);
  await db.write(async (tx) => {
    await service.create(tx, { identity, layout, allowUnauthenticatedUploads: false });
    await service.addDistribution(tx, {
      repository: identity,
      sourceId,
      architectures: ["amd64", "arm64"],
      extraSources: [],
    });
  });
}

describe("a repository", () => {
  test("publishes each suite and its rollbacks, with apt's priority flags", async () => {
    await addRepository("test", "Default", "bookworm");

    expect(published).toHaveLength(6 + 6 + 12 + 9 + 3 + 4 + 6);
    expect(published.find((spec) => spec.name === "bookworm-test-experimental")).toMatchObject({
      components: ["main", "contrib", "non-free"],
      architectures: ["amd64", "arm64"],
      origin: "Mini-Buildd archive acme on host",
      notAutomatic: true,
      butAutomaticUpgrades: false,
    });
    expect(published.find((spec) => spec.name === "bookworm-test-stable-rollback0")).toMatchObject({
      kind: "rollback",
      position: 0,
      live: "bookworm-test-stable",
      notAutomatic: true,
      butAutomaticUpgrades: false,
    });
  });

  test("made twice is made once; the first architecture builds arch-all", async () => {
    await addRepository("test", "Default", "bookworm");
    const sourceId = (await db.read.selectFrom("source").select("id").executeTakeFirstOrThrow()).id;

    const again = await db.write((tx) =>
      service.addDistribution(tx, {
        repository: "test",
        sourceId,
        architectures: ["amd64"],
        extraSources: [],
      }),
    );

    expect(again.created).toBe(false);
    const archs = await db.read
      .selectFrom("distribution_arch")
      .select(["arch", "arch_all"])
      .orderBy("arch")
      .execute();
    expect(archs).toEqual([
      { arch: "amd64", arch_all: 1 },
      { arch: "arm64", arch_all: 0 },
    ]);
  });

  test.each([
    ["kali-rolling", {}, "a base is named by lower-case letters and digits"],
    ["sid", { codeversion: "" }, "it has no codeversion"],
    ["sid", { codeversion: "~SID", codeversion_override: "1.0" }, "it has no codeversion"],
  ])("%s %j is no base", async (codename, change, reason) => {
    const sourceId = await addSource(codename, change);
    const made = db.write(async (tx) => {
      await service.create(tx, { identity: "test", layout: "Default", allowUnauthenticatedUploads: false });
      const repository = "test";
      await service.addDistribution(tx, { repository, sourceId, architectures: ["amd64"], extraSources: [] });
    });

    await expect(made).rejects.toThrow(`Source Debian ${codename} cannot be used: ${reason}`);
    expect(published).toEqual([]);
  });

  test("a bad identity or layout is told", async () => {
    const create = (identity: string, layout: string) =>
      db.write((tx) => service.create(tx, { identity, layout, allowUnauthenticatedUploads: false }));

    await expect(create("Te-st", "Default")).rejects.toThrow("'Te-st' is not a repository identity");
    await expect(create("test", "None")).rejects.toThrow("there is no layout 'None'");
  });
});

describe("a distribution string", () => {
  beforeEach(() => addRepository("test", "Default", "bookworm"));

  test.each([
    ["bookworm-test-unstable", undefined],
    ["bookworm-test-stable-rollback0", 0],
    ["bookworm-test-stable-rollback5", 5],
  ])("%s resolves", async (name, rollback) => {
    const resolved = await resolveDistribution(db.read, name);

    expect(resolved.name).toBe(name);
    expect(resolved.rollback).toBe(rollback);
  });

  test.each([
    ["bookworm_test_unstable", "bad_distribution"],
    ["unstable", "bad_distribution"],
    ["bookworm-none-unstable", "unknown_repository"],
    ["trixie-test-unstable", "unknown_codename"],
    ["bookworm-test-nosuite", "unknown_suite"],
    ["bookworm-test-stable-rollback6", "unknown_rollback"],
    ["bookworm-test-stable-rollback10", "unknown_rollback"],
    ["bookworm-test-stable-rollback01", "bad_distribution"],
    ["bookworm-test-rollback", "unknown_suite"],
  ])("%s is %s", async (name, code) => {
    await expect(resolveDistribution(db.read, name)).rejects.toMatchObject({ code });
  });

  test.each([
    ["bookworm-test-stable-rollback0", "is_rollback"],
    ["bookworm-test-testing", "not_uploadable"],
  ])("%s takes no uploads: %s", async (name, code) => {
    await expect(resolveUploadTarget(db.read, name)).rejects.toMatchObject({ code });
  });

  test("an inactive repository takes none", async () => {
    await db.write((tx) => tx.updateTable("repository").set({ active: 0 }).execute());

    await expect(resolveUploadTarget(db.read, "bookworm-test-unstable")).rejects.toMatchObject({
      code: "repository_inactive",
    });
  });
});

describe("meta distributions", () => {
  test("stand for the one repository that defines them", async () => {
    await addRepository("debdev", "Debian Developer", "sid");

    expect((await resolveUploadTarget(db.read, "unstable")).name).toBe("sid-debdev-unstable");
  });

  test("are not those of an inactive repository, nor of a codename or suite that is not there", async () => {
    await addRepository("debdev", "Debian Developer", "bookworm");
    await expect(resolveDistribution(db.read, "unstable")).rejects.toMatchObject({
      code: "bad_distribution",
    });
    await addRepository("other", "Debian Developer", "sid");
    await db.write((tx) => tx.updateTable("repository").set({ active: 0 }).execute());

    await expect(resolveDistribution(db.read, "unstable")).rejects.toMatchObject({
      code: "bad_distribution",
    });
  });

  test("are ambiguous when two do", async () => {
    await addRepository("debdev", "Debian Developer", "sid");
    const sourceId = (await db.read.selectFrom("source").select("id").executeTakeFirstOrThrow()).id;
    await db.write(async (tx) => {
      await service.create(tx, {
        identity: "other",
        layout: "Debian Developer",
        allowUnauthenticatedUploads: false,
      });
      await service.addDistribution(tx, {
        repository: "other",
        sourceId,
        architectures: ["amd64"],
        extraSources: [],
      });
    });

    await expect(resolveDistribution(db.read, "unstable")).rejects.toMatchObject({ code: "meta_ambiguous" });
    expect(await ambiguousMetas(db.read)).toEqual([
      { meta: "unstable", repositories: ["debdev", "other"] },
      { meta: "experimental", repositories: ["debdev", "other"] },
    ]);
  });
});
