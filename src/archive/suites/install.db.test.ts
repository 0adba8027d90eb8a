import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestArchive, type TestArchive } from "../archive-support.ts";
import { makeRelease, storeFile } from "../package-support.ts";

let fixture: TestArchive;
beforeEach(async () => {
  fixture = await createTestArchive();
});
afterEach(() => fixture.close());

const versions = async (source: string) =>
  (await fixture.archive.places("test", source)).map(
    (place) => `${place.distribution.slice(14)} ${place.version}`,
  );

describe("installing", () => {
  test("replaces the source and moves what was there through the rollbacks, each to be published", async () => {
    const unstable = await fixture.live("unstable");
    for (const version of ["1.0-1", "1.0-2", "1.0-3"]) await fixture.install("hello", version, unstable);
    fixture.asked.length = 0;

    const installed = await fixture.install("hello", "1.0-4", unstable);

    expect(installed).toMatchObject({ replaced: "1.0-3", rollbacks: ["1.0-3", "1.0-2"], alsoIn: [] });
    expect(await versions("hello")).toEqual([
      "unstable 1.0-4",
      "unstable-rollback0 1.0-3",
      "unstable-rollback1 1.0-2",
    ]);
    expect(fixture.asked).toEqual([
      `test/${unstable}`,
      `test/${unstable}-rollback0`,
      `test/${unstable}-rollback1`,
    ]);
    const wanted = await fixture.db.read
      .selectFrom("archive_distribution")
      .select("wanted_publish")
      .where("name", "=", `${unstable}-rollback1`)
      .executeTakeFirstOrThrow();
    expect(wanted.wanted_publish).toBe(installed.publish);
  });

  test("sources of other components stay, and are told", async () => {
    const unstable = await fixture.live("unstable");
    await fixture.install("hello", "1.0-1", unstable, "contrib");

    const installed = await fixture.install("hello", "1.0-2", unstable);

    expect(installed).toMatchObject({ replaced: null, rollbacks: [], alsoIn: ["contrib"] });
    expect(await versions("hello")).toEqual(["unstable 1.0-1", "unstable 1.0-2"]);
  });

  test("with several versions for a source the lowest leaves, and nothing is shifted", async () => {
    const unstable = await fixture.live("unstable", { sourcesPerComponent: 2 });
    for (const version of ["1.0-9", "1.0-10"]) await fixture.install("hello", version, unstable);

    const installed = await fixture.install("hello", "1.0-11", unstable);

    expect(installed).toMatchObject({ replaced: "1.0-9", rollbacks: [] });
    expect(await versions("hello")).toEqual(["unstable 1.0-11", "unstable 1.0-10"]);
  });

  test("the same version again, a rollback or an unknown component as target are refused", async () => {
    const unstable = await fixture.live("unstable");
    await fixture.install("hello", "1.0-1", unstable);

    await expect(fixture.install("hello", "1.0-1", unstable)).rejects.toMatchObject({
      code: "version_exists",
    });
    await expect(fixture.install("other", "1.0-1", `${unstable}-rollback0`)).rejects.toMatchObject({
      code: "is_rollback",
    });
    await expect(fixture.install("other", "1.0-1", unstable, "non-free")).rejects.toMatchObject({
      code: "component_unknown",
    });
    await expect(fixture.install("other", "1.0-1", "bookworm-test-none")).rejects.toMatchObject({
      code: "not_found",
    });
  });

  test("the same name with other bytes is refused, naming both, and nothing changes", async () => {
    const unstable = await fixture.live("unstable");
    const stable = await fixture.live("stable");
    await fixture.install("hello", "1.0-1", unstable);
    const input = await makeRelease(fixture.factory, fixture.blobs, { name: "hello", version: "1.0-1" });
    const other = await fixture.factory.deb(
      { Package: "hello", Version: "1.0-1", Architecture: "amd64" },
      { files: { "usr/bin/hello": "other\n" } },
    );
    const have = input.debs[0]?.sha256;
    const deb = await storeFile(fixture.blobs, other);

    const preparing = fixture.archive.prepareRelease({ ...input, debs: [deb] });

    await expect(preparing).rejects.toMatchObject({
      code: "pool_conflict",
      params: { have, new: deb.sha256 },
    });
    expect(await versions("hello")).toEqual(["unstable 1.0-1"]);
    expect(await fixture.archive.list(stable)).toEqual({ total: 0, sources: [] });
  });

  test("two that were prepared at the same time conflict in the transaction", async () => {
    const unstable = await fixture.live("unstable");
    const stable = await fixture.live("stable");
    const first = await makeRelease(fixture.factory, fixture.blobs, { name: "hello", version: "1.0-1" });
    const deb = await fixture.factory.deb(
      { Package: "hello", Version: "1.0-1", Architecture: "amd64" },
      { files: { "usr/bin/hello": "other\n" } },
    );
    const second = { ...first, debs: [await storeFile(fixture.blobs, deb)] };
    const [a, b] = [
      await fixture.archive.prepareRelease(first),
      await fixture.archive.prepareRelease(second),
    ];
    await fixture.db.write((tx) => fixture.archive.installRelease(tx, a, unstable));

    const late = fixture.db.write((tx) => fixture.archive.installRelease(tx, b, stable));

    await expect(late).rejects.toMatchObject({ code: "pool_conflict" });
    const publishes = await fixture.db.read.selectFrom("publish").select("cause").execute();
    expect(publishes.filter(({ cause }) => cause.startsWith("install"))).toHaveLength(1);
  });

  test("two stanzas of one package and version are never visible, also not from two components", async () => {
    const unstable = await fixture.live("unstable");
    const stable = await fixture.live("stable");
    await fixture.install("hello", "1.0-1", unstable);

    const twice = fixture.install("hello", "1.0-1", stable, "contrib");

    await expect(twice).rejects.toMatchObject({ code: "pool_conflict" });
    await expect(twice).rejects.toThrow("hello 1.0-1 (source) is already in the repository");
  });

  test("the same release in another distribution uses the same package rows", async () => {
    const unstable = await fixture.live("unstable");
    const stable = await fixture.live("stable");
    const input = await makeRelease(fixture.factory, fixture.blobs, { name: "hello", version: "1.0-1" });
    const prepared = await fixture.archive.prepareRelease(input);

    for (const target of [unstable, stable]) {
      await fixture.db.write((tx) => fixture.archive.installRelease(tx, prepared, target));
    }

    const packages = await fixture.db.read.selectFrom("package").select("name").execute();
    expect(packages.map(({ name }) => name).sort()).toEqual(["hello", "hello", "hello-doc"]);
    expect(await versions("hello")).toEqual(["stable 1.0-1", "unstable 1.0-1"]);
  });
});

describe("preparing", () => {
  test("refuses packages of another source, and broken ones, in one sentence", async () => {
    const input = await makeRelease(fixture.factory, fixture.blobs, { name: "hello", version: "1.0-1" });
    const alien = await fixture.factory.deb({ Package: "alien", Version: "1.0-1", Architecture: "all" });
    const deb = await storeFile(fixture.blobs, alien);

    await expect(fixture.archive.prepareRelease({ ...input, debs: [deb] })).rejects.toThrow(
      "alien_1.0-1_all.deb: it says that it comes from alien 1.0-1, not from hello 1.0-1.",
    );
    await expect(
      fixture.archive.prepareRelease({ ...input, debs: [{ ...input.dsc, name: "a_1_all.deb" }] }),
    ).rejects.toThrow(/^a_1_all\.deb: is not a Debian package: .*[^.]\.$/);
    await expect(fixture.archive.prepareRelease({ ...input, sourceFiles: [] })).rejects.toMatchObject({
      code: "source_incomplete",
    });
  });
});

describe("distributions", () => {
  test("making one again changes nothing; a change is published; what clients saw first stays", async () => {
    const name = await fixture.live("unstable");
    const first = fixture.asked.length;
    await fixture.live("unstable");
    expect(fixture.asked).toHaveLength(first);
    await fixture.db.write(async (tx) => {
      await tx
        .updateTable("archive_distribution")
        .set({ published_publish: 1 })
        .where("name", "=", name)
        .execute();
    });

    await fixture.live("unstable", { origin: "Elsewhere", description: "new words", notAutomatic: false });

    const row = await fixture.db.read
      .selectFrom("archive_distribution")
      .selectAll()
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    expect(JSON.parse(row.release_fields)).toMatchObject({
      Origin: "Mini-Buildd archive test on localhost",
      NotAutomatic: "yes",
      ButAutomaticUpgrades: "yes",
      Description: "new words",
    });
    expect(fixture.asked).toContain(`test/${name}`);
    expect(row.wanted_publish).toBeGreaterThan(1);
  });

  test("rollbacks are never automatic", async () => {
    const name = await fixture.live("unstable", { notAutomatic: false, butAutomaticUpgrades: false });

    const rows = await fixture.db.read.selectFrom("archive_distribution").selectAll().execute();

    const fields = Object.fromEntries(rows.map((row) => [row.name, JSON.parse(row.release_fields)]));
    expect(fields[name]).not.toHaveProperty("NotAutomatic");
    expect(fields[`${name}-rollback0`]).toMatchObject({ NotAutomatic: "yes", ButAutomaticUpgrades: "no" });
  });
});
