import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestArchive, type TestArchive } from "../archive-support.ts";
import { expectWholeAt, readRelease } from "../publish/publish-support.ts";

let fixture: TestArchive;
let name: string;
let dist: string;

beforeEach(async () => {
  fixture = await createTestArchive();
  name = await fixture.live("unstable", {
    snapshots: "http://localhost/repositories/test/snapshots/@SNAPSHOTID@/",
  });
  dist = join(fixture.root, "dists", name);
});
afterEach(() => fixture.close());

const publish = () => fixture.archive.publish("test", name);
const create = (snapshot: string, wait = true) =>
  fixture.archive.snapshotCreate({ distribution: name, name: snapshot, by: "jane" }, { wait });
/** Of all packages, each once. */
function versions(dir: string): (string | undefined)[] {
  const text = gunzipSync(readFileSync(join(dir, "main/binary-amd64/Packages.gz"))).toString();
  return [...new Set([...text.matchAll(/^Version: (.*)$/gm)].map(([, version]) => version))];
}
const packagesInode = (dir: string) => statSync(join(dir, "main/binary-amd64/Packages.xz")).ino;
const hidden = () => readdirSync(join(fixture.root, ".generations", name, "snapshots"));

describe("a named snapshot", () => {
  test("has the published indices themselves, and a Release of its own", async () => {
    await fixture.install("hello", "1.0-1", name);
    await publish();

    const made = await create("first");

    const dir = join(dist, "snapshots/first");
    expect(made).toMatchObject({ name: "first", suite: `${name}/snapshots/first`, createdBy: "jane" });
    await expectWholeAt(dir);
    expect(packagesInode(dir)).toBe(packagesInode(dist));
    const release = readFileSync(join(dir, "Release"), "utf8");
    expect(release).toContain(`\nSuite: ${name}/snapshots/first\n`);
    expect(release).toContain(`\nCodename: ${name}\n`);
    expect(release).toContain(`Label: ${name}\n`);
    expect(release).not.toMatch(/^(?:Snapshots|Valid-Until):/m);
    expect(existsSync(join(dir, "Release.gpg")) && existsSync(join(dir, "InRelease"))).toBe(true);
  });

  test("shows what is wanted but not published yet", async () => {
    await fixture.install("hello", "1.0-1", name);
    await create("first");
    expect(versions(join(dist, "snapshots/first"))).toEqual(["1.0-1"]);
    expect(versions(dist)).toEqual(["1.0-1"]);
  });

  test("stays as it is through later publishes, and is led to by each generation", async () => {
    await fixture.install("hello", "1.0-1", name);
    await create("first");
    const release = readFileSync(join(dist, "snapshots/first/InRelease"), "utf8");

    await fixture.install("hello", "2.0-1", name);
    await publish();
    await create("second");

    expect(versions(dist)).toEqual(["2.0-1"]);
    expect(versions(join(dist, "snapshots/first"))).toEqual(["1.0-1"]);
    expect(versions(join(dist, "snapshots/second"))).toEqual(["2.0-1"]);
    expect(readFileSync(join(dist, "snapshots/first/InRelease"), "utf8")).toBe(release);
    await expectWholeAt(join(dist, "snapshots/first"));
  });

  test("is made from rows again when its files are lost, also those of a state that nobody was shown", async () => {
    await fixture.install("hello", "1.0-1", name);
    await create("first", false);
    await fixture.install("hello", "2.0-1", name);
    expect(existsSync(join(dist, "snapshots/first"))).toBe(false);
    await publish();
    expect(versions(join(dist, "snapshots/first"))).toEqual(["1.0-1"]);
    expect(readdirSync(join(fixture.root, "pool/main/h/hello")).join()).toContain("hello_1.0");

    rmSync(join(fixture.root, ".generations", name, "snapshots"), { recursive: true });
    await publish();

    expect(versions(join(dist, "snapshots/first"))).toEqual(["1.0-1"]);
    await expectWholeAt(join(dist, "snapshots/first"));
  });

  test("goes with its row; a name that is given again shows the new state", async () => {
    await fixture.install("hello", "1.0-1", name);
    await create("first");
    await fixture.archive.snapshotDelete({ distribution: name, name: "first" }, { wait: false });
    await fixture.install("hello", "2.0-1", name);
    await create("first");
    expect(versions(join(dist, "snapshots/first"))).toEqual(["2.0-1"]);
    expect(hidden()).toHaveLength(2);

    await fixture.archive.snapshotDelete({ distribution: name, name: "first" });

    expect(hidden()).toEqual([]);
    expect(await fixture.archive.snapshotList(name)).toEqual([]);
  });

  test("of which a killed process left a half is made anew, and what nobody wants goes", async () => {
    await fixture.install("hello", "1.0-1", name);
    await create("first");
    const parent = join(fixture.root, ".generations", name, "snapshots");
    const dir = readlinkSync(join(parent, "first"));
    rmSync(join(parent, dir), { recursive: true });
    await mkdir(join(parent, `.new-${dir}`, "main"), { recursive: true });
    await mkdir(join(parent, ".new-other"));
    await writeFile(join(parent, ".link-first"), "");

    await publish();

    expect(hidden().sort()).toEqual([dir, "first"].sort());
    await expectWholeAt(join(dist, "snapshots/first"));
  });

  test("that could not be signed comes when it can", async () => {
    await fixture.install("hello", "1.0-1", name);
    await publish();
    const detachSign = async () => {
      throw new Error("no key");
    };
    const keyless = fixture.again({
      signer: { fingerprint: "0".repeat(40), clearsign: detachSign, detachSign },
    });
    const request = { distribution: name, name: "first", by: "jane" };

    await expect(keyless.snapshotCreate(request)).rejects.toThrow("no key");

    expect(existsSync(join(dist, "snapshots/first"))).toBe(false);
    expect(fixture.asked.at(-1)).toBe(`test/${name}`);
    await publish();
    await expectWholeAt(join(dist, "snapshots/first"));
    expect(hidden()).toHaveLength(2);
  });

  test("is listed with its counts", async () => {
    await fixture.install("hello", "1.0-1", name);
    await create("b");
    await fixture.install("other", "1.0-1", name);
    await create("a");
    const listed = await fixture.archive.snapshotList(name);
    expect(listed.map(({ name: each, sources }) => [each, sources])).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
    expect(listed[0]?.packages).toBeGreaterThan(listed[1]?.packages ?? 0);
  });

  test("is a place of the versions that it shows, wherever else they are", async () => {
    await fixture.install("hello", "1.0-1", name);
    await fixture.install("hello", "2.0-1", name);
    await create("first", false);
    await fixture.archive.snapshotCreate(
      { distribution: `${name}-rollback0`, name: "older", by: "jane" },
      { wait: false },
    );
    for (const version of ["3.0-1", "4.0-1", "5.0-1", "6.0-1"]) await fixture.install("hello", version, name);

    const places = await fixture.archive.snapshotPlaces("test", "hello");

    const common = { kind: "snapshot", component: "main" };
    expect(places).toEqual([
      { ...common, distribution: `${name}-rollback0/snapshots/older`, version: "1.0-1" },
      { ...common, distribution: `${name}/snapshots/first`, version: "2.0-1" },
    ]);
    const elsewhere = (await fixture.archive.places("test", "hello")).map(({ version }) => version);
    expect(elsewhere).not.toContain("1.0-1");
    expect(await fixture.archive.snapshotPlaces("other", "hello")).toEqual([]);
  });

  test("of a rollback shows that", async () => {
    await fixture.install("hello", "1.0-1", name);
    await fixture.install("hello", "2.0-1", name);
    const rollback = `${name}-rollback0`;
    await fixture.archive.snapshotCreate({ distribution: rollback, name: "old", by: "jane" });
    expect(versions(join(fixture.root, "dists", rollback, "snapshots/old"))).toEqual(["1.0-1"]);
  });

  test("is asked for in the transaction that makes its row, and at a start", async () => {
    await create("first", false);
    expect(fixture.asked.at(-1)).toBe(`test/${name}`);
    fixture.asked.length = 0;
    await fixture.archive.recover();
    expect(fixture.asked).toEqual([`test/${name}`]);
  });

  test.each(["", "A", "../x", "a/b", ".x", "x.new", "a b", "-x", "a".repeat(65), "20240102T030405Z", "ä"])(
    "is not called %j",
    async (bad) => {
      await expect(create(bad)).rejects.toMatchObject({ code: "bad_argument" });
    },
  );

  test("is refused twice, in no distribution, and deleted once", async () => {
    await create("1.0~rc1+x-y");
    await expect(create("1.0~rc1+x-y")).rejects.toMatchObject({ code: "snapshot_exists" });
    const other = { distribution: "bookworm-test-none", name: "x" };
    await expect(fixture.archive.snapshotCreate({ ...other, by: "jane" })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(fixture.archive.snapshotDelete({ ...other, distribution: name })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(fixture.archive.snapshotList("none")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("Release", () => {
  test("names earlier moments at the address of the server, published again only when that changed", async () => {
    const again = fixture.again({ url: "http://localhost:8066" });
    await publish();
    await again.recover();
    await again.publish("test", name);
    expect(readRelease(dist).head).toContain(
      "\nSnapshots: http://localhost:8066/repositories/test/snapshots/@SNAPSHOTID@/\nDescription:",
    );
    fixture.asked.length = 0;
    await again.recover();
    expect(fixture.asked).toEqual([]);
  });
});
