import { existsSync, lstatSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MbdError } from "#platform";
import type { Archive } from "../archive.ts";
import { createTestArchive, type TestArchive } from "../archive-support.ts";
import { makeRelease } from "../package-support.ts";
import { expectWholeAt, readRelease } from "../publish/publish-support.ts";
import type { GcOptions, GcReport } from "./gc.ts";

// Packages are made with the real tools.
vi.setConfig({ testTimeout: 60_000 });

const DAY_MS = 86_400_000;

let fixture: TestArchive;
let archive: Archive;
let unstable: string;
/** Ahead of the real time, by which files are old. */
let aheadMs: number;
beforeEach(async () => {
  aheadMs = 0;
  const clock = { now: () => new Date(Date.now() + aheadMs) };
  fixture = await createTestArchive({ clock });
  // Dates of releases grow by seconds; these tests do not wait for them.
  archive = fixture.again({ sleep: async () => undefined });
  unstable = await fixture.live("unstable", { rollbacks: 1 });
});
afterEach(() => fixture.close());

const nobody: GcOptions = { blobUsers: async () => new Set(), busySources: async () => new Set() };

async function gc(options: Partial<GcOptions> = {}): Promise<GcReport> {
  return await archive.gc({ ...nobody, ...options });
}

async function installed(name: string, version: string): Promise<number> {
  const { publish } = await fixture.install(name, version, unstable);
  await publishAll();
  return publish;
}

async function publishAll(): Promise<void> {
  for (const name of [unstable, `${unstable}-rollback0`]) await archive.publish("test", name);
}

/** Paths below the root of the repository. */
function poolOnDisk(): string[] {
  return readdirSync(join(fixture.root, "pool"), { recursive: true, encoding: "utf8" })
    .map((path) => join("pool", path))
    .filter((path) => !lstatSync(join(fixture.root, path)).isDirectory())
    .sort();
}

async function poolInRows(): Promise<string[]> {
  const rows = await fixture.db.read.selectFrom("pool_file").select("path").execute();
  return rows.map(({ path }) => path).sort();
}

function blobsOnDisk(): string[] {
  const store = join(fixture.blobs.path("0".repeat(64)), "../..");
  return readdirSync(store, { recursive: true, encoding: "utf8" })
    .map((path) => path.split("/").at(-1) ?? "")
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .sort();
}

const versionsIn = (paths: readonly string[]) =>
  [...new Set(paths.flatMap((path) => /_([0-9.]+)-1_amd64/.exec(path)?.[1] ?? []))].sort();

async function stampOf(publish: number): Promise<string> {
  const { time } = await fixture.db.read
    .selectFrom("publish")
    .select("time")
    .where("id", "=", publish)
    .executeTakeFirstOrThrow();
  return time.replace(/[-:]|\.\d+/g, "");
}

/** Of the packages that a directory of a distribution shows. */
function versionsShown(dir: string): string[] {
  const text = gunzipSync(readFileSync(join(dir, "main/binary-amd64/Packages.gz"))).toString();
  return [...new Set([...text.matchAll(/^Version: (.*)$/gm)].map(([, version = ""]) => version))];
}

describe("what is kept", () => {
  test("present, rollback and moments of thirty days; then what is older goes, rows and files", async () => {
    for (const version of ["1.0-1", "2.0-1", "3.0-1"]) await installed("hello", version);
    aheadMs = 29 * DAY_MS;
    expect(await gc()).toMatchObject({ memberships: 0, releases: 0, packages: 0, blobs: { count: 0 } });
    expect(versionsIn(poolOnDisk())).toEqual(["1.0", "2.0", "3.0"]);
    aheadMs = 32 * DAY_MS;
    const report = await gc();
    expect(report).toMatchObject({ releases: 1, packages: 3 });
    expect(report.forgotten.map(({ path }) => path)).toContain("pool/main/h/hello/hello_1.0-1.dsc");
    expect(versionsIn(poolOnDisk())).toEqual(["2.0", "3.0"]);
    expect(poolOnDisk()).toEqual(await poolInRows());
    const rows = await fixture.db.read.selectFrom("pool_file").select("sha256").distinct().execute();
    expect(blobsOnDisk()).toEqual(rows.map(({ sha256 }) => sha256).sort());
    const lists = await fixture.db.read.selectFrom("deb_paths").select("sha256").execute();
    expect(lists.every(({ sha256 }) => rows.some((row) => row.sha256 === sha256))).toBe(true);
    await expectWholeAt(join(fixture.root, "dists", unstable));
    expect(await gc()).toMatchObject({
      memberships: 0,
      releases: 0,
      names: { count: 0 },
      blobs: { count: 0 },
    });
  });

  test("a pinned moment and a snapshot are whole for ever, and go when they are let go", async () => {
    const first = await installed("hello", "1.0-1");
    await fixture.db.write((tx) =>
      archive.pinMoment(tx, { repository: "test", publish: first, pinned: true }),
    );
    // A time names a second: what comes within it is part of that moment.
    aheadMs += 60_000;
    await installed("hello", "2.0-1");
    await archive.snapshotCreate({ distribution: unstable, name: "two", by: "me" });
    await installed("hello", "3.0-1");
    await installed("hello", "4.0-1");
    await installed("hello", "5.0-1");
    aheadMs = 400 * DAY_MS;
    await gc();
    expect(versionsIn(poolOnDisk())).toEqual(["1.0", "2.0", "4.0", "5.0"]);
    await expectWholeAt(join(fixture.root, "dists", unstable, "snapshots", "two"));
    const stamp = await stampOf(first);
    const dir = (await archive.momentPath("test", stamp, unstable)) ?? "";
    await expectWholeAt(dir);
    expect(readRelease(dir).files.get("main/binary-amd64/Packages")?.sizeBytes).toBeGreaterThan(0);

    await fixture.db.write((tx) =>
      archive.pinMoment(tx, { repository: "test", publish: first, pinned: false }),
    );
    await archive.snapshotDelete({ distribution: unstable, name: "two" });
    expect(await gc()).toMatchObject({ releases: 2, moments: 1 });
    expect(versionsIn(poolOnDisk())).toEqual(["4.0", "5.0"]);
    expect(await archive.momentPath("test", stamp, unstable)).toBeUndefined();
  });

  test("a moment that is gone cannot be pinned", async () => {
    const pin = { repository: "test", publish: 4711, pinned: true };
    await expect(fixture.db.write((tx) => archive.pinMoment(tx, pin))).rejects.toThrow(MbdError);
  });

  test("a moment is whole or gone, wherever a collection ends and whoever pins it meanwhile", async () => {
    const publishes: number[] = [];
    for (const version of ["1.0-1", "2.0-1", "3.0-1"]) {
      publishes.push(await installed("hello", version));
      aheadMs += 60_000;
    }
    const [first = 0] = publishes;
    const stamp = await stampOf(first);
    aheadMs = 400 * DAY_MS;
    for (let steps = 1; ; steps += 1) {
      let left = steps;
      const stop = new AbortController();
      const onProgress = () => {
        left -= 1;
        if (left === 0) stop.abort();
      };
      const ended = await gc({ signal: stop.signal, onProgress }).catch(() => undefined);
      const dir = await archive.momentPath("test", stamp, unstable);
      if (dir !== undefined) expect(versionsShown(dir)).toEqual(["1.0-1"]);
      const pin = { repository: "test", publish: first, pinned: true };
      const pinned = fixture.db.write((tx) => archive.pinMoment(tx, pin));
      if (dir === undefined) await expect(pinned).rejects.toMatchObject({ code: "not_found" });
      else await pinned;
      if (dir !== undefined) await fixture.db.write((tx) => archive.pinMoment(tx, { ...pin, pinned: false }));
      if (ended !== undefined) break;
    }
    expect(await archive.momentPath("test", stamp, unstable)).toBeUndefined();
  });

  test("no moment stands for a later one that is gone", async () => {
    const publishes: number[] = [];
    for (const version of ["1.0-1", "2.0-1", "3.0-1"]) {
      publishes.push(await installed("hello", version));
      aheadMs += 60_000;
    }
    const [one = 0, two = 0, three = 0] = publishes;
    const pin = { repository: "test", publish: one };
    await fixture.db.write((tx) => archive.pinMoment(tx, { ...pin, pinned: true }));
    const [atOne, atTwo, atThree] = [await stampOf(one), await stampOf(two), await stampOf(three)];
    aheadMs += 400 * DAY_MS;
    for (let times = 0; times < 2; times += 1) {
      await gc();
      expect(versionsShown((await archive.momentPath("test", atOne, unstable)) ?? "")).toEqual(["1.0-1"]);
      expect(await archive.momentPath("test", atTwo, unstable)).toBeUndefined();
      expect(versionsShown((await archive.momentPath("test", atThree, unstable)) ?? "")).toEqual(["3.0-1"]);
    }
    const gone = { repository: "test", publish: two, pinned: true };
    await expect(fixture.db.write((tx) => archive.pinMoment(tx, gone))).rejects.toThrow(MbdError);
    await fixture.db.write((tx) => archive.pinMoment(tx, { ...pin, pinned: false }));
    await gc();
    expect(await archive.momentPath("test", atOne, unstable)).toBeUndefined();
    const rows = await fixture.db.read.selectFrom("publish").select("id").where("id", "<=", two).execute();
    expect(rows).toEqual([]);
  });

  test("what somebody works on, and content that others use", async () => {
    await installed("hello", "1.0-1");
    await removed("hello");
    aheadMs = 400 * DAY_MS;
    const before = blobsOnDisk();
    expect(await gc({ busySources: async () => new Set(["hello"]) })).toMatchObject({
      releases: 0,
      packages: 0,
    });
    expect(poolOnDisk()).toEqual(await poolInRows());
    expect(poolOnDisk()).not.toEqual([]);
    await gc({ blobUsers: async (all) => new Set(all) });
    expect(poolOnDisk()).toEqual([]);
    expect(blobsOnDisk()).toEqual(before);
    await gc();
    expect(blobsOnDisk()).toEqual([]);
  });
});

describe("rollbacks kept for some days", () => {
  const keep = (rollbackDays: number | null) =>
    fixture.db.write((tx) => archive.setRetention(tx, unstable, { rollbackDays }));
  const shown = () => versionsShown(join(fixture.root, "dists", `${unstable}-rollback0`));

  test("leave their list; kept moments, pins and snapshots lose nothing of them", async () => {
    await installed("hello", "1.0-1");
    const second = await installed("hello", "2.0-1");
    const stamp = await stampOf(second);
    await fixture.db.write((tx) =>
      archive.pinMoment(tx, { repository: "test", publish: second, pinned: true }),
    );
    await keep(10);
    aheadMs = 9 * DAY_MS;
    expect(await gc()).toMatchObject({ expired: [], changed: [] });
    expect(shown()).toEqual(["1.0-1"]);

    aheadMs = 11 * DAY_MS;
    const expired = [
      {
        distribution: `${unstable}-rollback0`,
        component: "main",
        source: "hello",
        version: "1.0-1",
        days: 10,
      },
    ];
    fixture.asked.length = 0;
    expect(await gc({ dryRun: true })).toMatchObject({ expired, changed: [] });
    expect(fixture.asked).toEqual([]);
    expect(await gc()).toMatchObject({ expired, changed: [`${unstable}-rollback0`], releases: 0 });
    expect(fixture.asked).toEqual([`test/${unstable}-rollback0`]);
    await publishAll();
    expect(shown()).toEqual([]);

    aheadMs = 400 * DAY_MS;
    expect(await gc()).toMatchObject({ expired: [], releases: 0 });
    expect(versionsIn(poolOnDisk())).toEqual(["1.0", "2.0"]);
    const then = (await archive.momentPath("test", stamp, `${unstable}-rollback0`)) ?? "";
    await expectWholeAt(then);
    expect(versionsShown(then)).toEqual(["1.0-1"]);
    await fixture.db.write((tx) =>
      archive.pinMoment(tx, { repository: "test", publish: second, pinned: false }),
    );
    expect(await gc()).toMatchObject({ releases: 1 });
    expect(versionsIn(poolOnDisk())).toEqual(["2.0"]);
  });

  test("stay for ever unless it is said, and again when it is taken back", async () => {
    await installed("hello", "1.0-1");
    await installed("hello", "2.0-1");
    await keep(1);
    expect(await keep(null)).toEqual({});
    aheadMs = 400 * DAY_MS;
    expect(await gc()).toMatchObject({ expired: [], releases: 0 });
    expect(shown()).toEqual(["1.0-1"]);
  });

  test("a set-up that does not say it leaves it, also of distributions that it changes", async () => {
    await keep(7);
    await fixture.live("unstable", { rollbacks: 1, description: "another" });
    expect(await fixture.db.write((tx) => archive.setRetention(tx, unstable, { momentDays: 3 }))).toEqual({
      ...{ momentDays: 3, rollbackDays: 7 },
    });
  });
});

describe("what goes", () => {
  test("is only shown by a dry run", async () => {
    await installed("hello", "1.0-1");
    await removed("hello");
    aheadMs = 400 * DAY_MS;
    const before = [await poolInRows(), poolOnDisk(), blobsOnDisk()];
    const shown = await gc({ dryRun: true });
    expect(shown.forgotten.map(({ path }) => path).sort()).toEqual(before[0]);
    expect([await poolInRows(), poolOnDisk(), blobsOnDisk()]).toEqual(before);
    const done = await gc();
    expect(done).toMatchObject({
      ...{ releases: shown.releases, packages: shown.packages, memberships: shown.memberships },
      ...{ names: shown.names, blobs: shown.blobs, forgotten: shown.forgotten },
    });
  });

  test("names and unfinished files that crashes left, and empty directories; nothing young", async () => {
    await installed("hello", "1.0-1");
    const { sha256 } = await fixture.blobs.put(Readable.from([Buffer.from("nobody")]));
    await fixture.blobs.linkTo(sha256, join(fixture.root, "pool/main/x/xyz/xyz_1.dsc"));
    const store = join(fixture.blobs.path(sha256), "../..");
    writeFileSync(join(store, "incoming.1.0123456789ab.new"), "");
    expect(await gc()).toMatchObject({ names: { count: 0 }, blobs: { count: 0 }, temporaries: 0 });
    aheadMs = 2 * DAY_MS;
    expect(await gc()).toMatchObject({
      ...{ names: { count: 1, bytes: 6 }, blobs: { count: 1, bytes: 6 } },
      temporaries: 1,
    });
    expect(existsSync(join(fixture.root, "pool/main/x"))).toBe(false);
    expect(await fixture.blobs.has(sha256)).toBe(false);
    expect(poolOnDisk()).toEqual(await poolInRows());
  });

  test("stays on disk for a grace time after its rows", async () => {
    aheadMs = -400 * DAY_MS;
    await installed("hello", "1.0-1");
    await removed("hello");
    makeOld();
    aheadMs = 0;
    expect(await gc()).toMatchObject({ releases: 1, names: { count: 0 }, blobs: { count: 0 } });
    expect(await poolInRows()).toEqual([]);
    expect(versionsIn(poolOnDisk())).toEqual(["1.0"]);
    aheadMs = 2 * DAY_MS;
    expect((await gc()).names.count).toBeGreaterThan(0);
    expect(poolOnDisk()).toEqual([]);
  });
});

test("an install at the same time finds its files, whoever is first", async () => {
  const input = await makeRelease(fixture.factory, fixture.blobs, { name: "hello", version: "1.0-1" });
  const paths = input.debs
    .concat(input.dsc, input.sourceFiles)
    .map(({ name }) => join(fixture.factory.dir, name));
  const again = async () => {
    for (const path of paths) await fixture.blobs.putFile(path);
    const prepared = await archive.prepareRelease(input);
    await fixture.db.write((tx) => archive.installRelease(tx, prepared, unstable));
    await publishAll();
  };
  for (let round = 0; round < 8; round += 1) {
    await again();
    await removed("hello");
    await fixture.db.write(async (tx) => {
      for (const table of ["pool_file", "package", "release"] as const)
        await tx.updateTable(table).set({ created_at: "2020-01-01T00:00:00.000Z" }).execute();
      await tx.updateTable("publish").set({ time: "2020-01-01T00:00:00.000Z" }).execute();
    });
    makeOld();
    const late = async () => {
      // Each round begins in another moment of the collection.
      for (let turn = 0; turn < round * 3; turn += 1) await new Promise(setImmediate);
      await again();
    };
    await Promise.all([gc(), late()]);
    expect(poolOnDisk()).toEqual(await poolInRows());
    expect(versionsIn(poolOnDisk())).toEqual(["1.0"]);
    expect((await archive.check({ full: true })).findings).toEqual([]);
    await removed("hello");
  }
});

async function removed(source: string): Promise<void> {
  const request = { kind: "remove", distribution: unstable, source, keepRollback: false } as const;
  await fixture.db.write((tx) => archive.apply(tx, request));
  await publishAll();
}

/** Files of the store, and so of the pool, as if stored long ago. */
function makeOld(): void {
  const long = new Date("2020-01-01T00:00:00Z");
  for (const sha256 of blobsOnDisk()) utimesSync(fixture.blobs.path(sha256), long, long);
}
