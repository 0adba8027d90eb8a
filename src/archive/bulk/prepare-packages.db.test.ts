import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readDeb } from "#deb";
// What only tests need has no place in the door.
// oxlint-disable-next-line no-restricted-imports
import { BREAKAGES } from "../../deb/deb-broken-support.ts";
// oxlint-disable-next-line no-restricted-imports
import { debOf, tarFile } from "../../deb/deb-test-support.ts";
import { createTestArchive, type TestArchive } from "../archive-support.ts";
import { registerPackages } from "../package-store.ts";
import { makeRelease } from "../package-support.ts";
import { pathsOf, readMissingPaths, storePaths, unpackPaths } from "../path-lists.ts";
import { type BulkOptions, type PreparedBatch, preparePackages } from "./index.ts";

let fixture: TestArchive;
beforeEach(async () => {
  fixture = await createTestArchive();
});
afterEach(() => fixture.close());

async function prepare(
  paths: readonly string[],
  options: Partial<BulkOptions> = {},
): Promise<PreparedBatch[]> {
  const deps = { db: fixture.db.read, blobs: fixture.blobs, readDeb };
  const batches: PreparedBatch[] = [];
  for await (const batch of preparePackages(deps, paths, { repository: "test", ...options })) {
    batches.push(batch);
  }
  return batches;
}

const place = { repository: "test", component: "main", time: "2024-01-01T00:00:00.000Z" };
const register = (batches: readonly PreparedBatch[]) =>
  fixture.db.write((tx) =>
    registerPackages(
      tx,
      place,
      batches.flatMap(({ packages }) => packages),
    ),
  );

/** All files below the home but the database. */
function filesOfHome(): string[] {
  const home = join(fixture.root, "../..");
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("mini-buildd.sqlite"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function rowCounts(): Promise<number[]> {
  const counts: number[] = [];
  for (const table of ["package", "package_file", "pool_file", "deb_paths", "membership"] as const) {
    counts.push((await fixture.db.read.selectFrom(table).selectAll().execute()).length);
  }
  return counts;
}

describe("preparing many files", () => {
  test("lists of paths are taken as they are read, and packages come without", async () => {
    const made = await makeRelease(fixture.factory, fixture.blobs, { name: "hello", version: "1.0-1" });
    const debs = made.debs.map(({ sha256, name }) => {
      const path = join(fixture.root, name);
      mkdirSync(fixture.root, { recursive: true });
      writeFileSync(path, readFileSync(fixture.blobs.path(sha256)));
      return path;
    });
    const taken: string[] = [];

    const [plain] = await prepare(debs);
    const batches = await prepare(debs, {
      async takePaths(lists) {
        taken.push(...lists.map(({ sha256 }) => sha256));
        await fixture.db.write((tx) => storePaths(tx, lists));
      },
    });

    const packages = batches.flatMap((batch) => batch.packages);
    expect(packages.map(({ paths }) => paths)).toEqual(packages.map(() => null));
    expect(taken.sort()).toEqual(made.debs.map(({ sha256 }) => sha256).sort());
    for (const { files, paths } of plain?.packages ?? []) {
      const sha256 = files[0]?.sha256 ?? "";
      expect((await pathsOf(fixture.db.read, [sha256])).get(sha256)).toEqual(
        unpackPaths(paths ?? new Uint8Array()),
      );
    }
  });
  test("loose packages are those that a release would have, and register once", async () => {
    const deb = await fixture.factory.deb({ Package: "aa", Version: "1:2-1", Architecture: "amd64" });
    const udeb = await fixture.factory.deb(
      { Package: "aa-udeb", Version: "2-1", Architecture: "all", Source: "aa (1:2-1)", Section: "contrib/x" },
      { ending: "udeb", files: { "usr/ä b": "x" } },
    );

    const batches = await prepare([deb, udeb]);

    expect(batches.map(({ component, packages }) => [component, packages.map(({ name }) => name)])).toEqual([
      ["main", ["aa"]],
      ["contrib", ["aa-udeb"]],
    ]);
    const [item] = batches[0]?.packages ?? [];
    expect(item).toMatchObject({ kind: "deb", source: "aa", sourceVersion: "1:2-1", version: "1:2-1" });
    expect(item?.files[0]).toMatchObject({ path: "pool/main/a/aa/aa_2-1_amd64.deb", md5: null });
    const sha256 = item?.files[0]?.sha256 ?? "";
    expect(readFileSync(fixture.blobs.path(sha256))).toEqual(readFileSync(deb));
    const first = await register(batches);
    const again = await register(batches);
    expect(again).toEqual(first);
    expect(await rowCounts()).toEqual([2, 2, 2, 2, 0]);
    const paths = await pathsOf(fixture.db.read, [batches[1]?.packages[0]?.files[0]?.sha256 ?? ""]);
    expect([...paths.values()].map(String)).toEqual(["usr/share/doc/aa-udeb/changelog\nusr/ä b"]);
  });

  test("a list of paths that is missing is read again from the store", async () => {
    const deb = await fixture.factory.deb({ Package: "aa", Version: "1", Architecture: "amd64" });
    await register(await prepare([deb]));
    const before = await fixture.db.read.selectFrom("deb_paths").selectAll().execute();
    await fixture.db.write(async (tx) => void (await tx.deleteFrom("deb_paths").execute()));
    const sha256s = before.map(({ sha256 }) => sha256);

    const read = await readMissingPaths({ db: fixture.db, blobs: fixture.blobs, readDeb }, sha256s);

    expect(read).toBe(1);
    const after = await pathsOf(fixture.db.read, sha256s);
    expect([...after.values()].map(String)).toEqual(["usr/share/doc/aa/changelog"]);
  });

  test("a .dsc and its packages make a release, others stay loose", async () => {
    await makeRelease(fixture.factory, fixture.blobs, { name: "hello", version: "1.0-1" });
    const { dir } = fixture.factory;
    const debs = ["hello_1.0-1_amd64.deb", "hello-doc_1.0-1_all.deb"].map((name) => join(dir, name));
    const other = await fixture.factory.deb({
      Package: "hello-old",
      Source: "hello",
      Version: "0.9-1",
      Architecture: "amd64",
    });

    const batches = await prepare([other, ...debs, join(dir, "hello_1.0-1.dsc")]);

    const [release] = batches.flatMap(({ releases }) => releases);
    expect(release).toMatchObject({ source: "hello", version: "1.0-1", component: "main", bkey: null });
    expect(release?.packages.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "dsc hello",
      "deb hello",
      "deb hello-doc",
    ]);
    expect(batches.flatMap(({ packages }) => packages.map(({ name }) => name))).toEqual(["hello-old"]);
    for (const file of release?.packages.flatMap((item) => item.files) ?? []) {
      expect(await fixture.blobs.verify(file)).toBe(true);
    }
  });

  test("two with one name but other content conflict, also in one call", async () => {
    const make = async (text: string) => {
      const path = await fixture.factory.deb(
        { Package: "aa", Version: "1", Architecture: "amd64" },
        { files: { "usr/x": text } },
      );
      const target = join(fixture.factory.dir, text);
      mkdirSync(target);
      renameSync(path, join(target, basename(path)));
      return join(target, basename(path));
    };
    const batches = await prepare([await make("one"), await make("two")]);

    await expect(register(batches)).rejects.toMatchObject({ code: "pool_conflict" });
    expect(await rowCounts()).toEqual([0, 0, 0, 0, 0]);
  });
});

describe("broken packages", () => {
  test("each kind is refused with file and reason, and nothing of it stays", async () => {
    const good = await fixture.factory.deb({ Package: "good", Version: "1", Architecture: "all" });
    const name = "hello_2.10-3_amd64.deb";
    const broken = BREAKAGES.map((breakage, index) => {
      const dir = join(fixture.factory.dir, `broken-${index}`);
      mkdirSync(dir);
      writeFileSync(join(dir, name), breakage.bytes());
      return join(dir, name);
    });
    expect(broken.length).toBeGreaterThanOrEqual(40);
    const filesBefore = filesOfHome();
    const rowsBefore = await rowCounts();

    const batches = await prepare([...broken, good], { keepGoing: true });

    const refused = batches.flatMap((batch) => batch.refused);
    expect(refused).toHaveLength(BREAKAGES.length);
    for (const [index, breakage] of BREAKAGES.entries()) {
      const error = refused[index];
      expect(error?.code, breakage.name).toBe("broken_deb");
      expect(error?.message, breakage.name).toMatch(/^hello_2\.10-3_amd64\.deb: [^\n]+\.$/);
    }
    expect(batches.flatMap(({ packages }) => packages.map((item) => item.name))).toEqual(["good"]);
    const added = filesOfHome().filter((file) => !filesBefore.includes(file));
    expect(added.map((file) => statSync(file).size)).toEqual([statSync(good).size]);
    expect(await rowCounts()).toEqual(rowsBefore);
  });

  test.each([
    ["another architecture", { Architecture: "arm64" }, "hello_1_amd64.deb", "hello_1_arm64.deb"],
    ["another version", { Version: "2" }, "hello_1_amd64.deb", "hello_2_amd64.deb"],
    ["an epoch", { Version: "1:1" }, "hello-1-1.deb", "hello_1_amd64.deb"],
    ["nothing of it", {}, "downloaded.deb", "hello_1_amd64.deb"],
  ])("a file is named in the pool by what is in it: its name says %s", async (_, fields, file, named) => {
    const path = join(fixture.factory.dir, file);
    writeFileSync(path, debWith(fields));

    const [batch] = await prepare([path]);

    expect(batch?.packages[0]?.files[0]?.path).toBe(`pool/main/h/hello/${named}`);
  });

  test.each([
    ["a wildcard", { Architecture: "any" }, "hello_1_any.deb", /not an architecture/],
    ["no such name", { Package: "Hello" }, "Hello_1_amd64.deb", /"Hello" is not a valid package name/],
    ["a bad version", { Version: "a_b" }, "hello_1_amd64.deb", /"Version"/],
    ["a bad source", { Source: "Not A Name" }, "hello_1_amd64.deb", /"Source"/],
    ["no maintainer", { Maintainer: "" }, "hello_1_amd64.deb", /Maintainer/],
    ["no description", { Description: "" }, "hello_1_amd64.deb", /Description/],
  ])("control says %s", async (_, fields, file, reason) => {
    const path = join(fixture.factory.dir, file);
    writeFileSync(path, debWith(fields));
    const before = filesOfHome();

    await expect(prepare([path])).rejects.toThrow(reason);

    expect(filesOfHome()).toEqual(before);
    expect(await rowCounts()).toEqual([0, 0, 0, 0, 0]);
  });
});

/** A package whose control file has these fields; dpkg-deb would not make it. */
function debWith(fields: Record<string, string>): Buffer {
  const all = {
    Package: "hello",
    Version: "1",
    Architecture: "amd64",
    Maintainer: "Jo <jo@example.org>",
    Description: "greets",
    ...fields,
  };
  const text = Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
  return debOf({ control: tarFile({ name: "./control", content: text }) });
}
