import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BlobStore, createBlobStore } from "#platform";
import { resolveDistribution } from "#repositories";
import { comingPackages, wakeWaiting } from "./dep-wait.ts";
import { findPackaging } from "./packaging-store.ts";
import { type Bench, BKEY, NOW, openBench } from "./test-support.ts";
import { addRepository, addStoredUpload, DSC, storeUpload } from "./test-upload.ts";

let bench: Bench;
let dir: string;
let blobs: BlobStore;
beforeEach(async () => {
  bench = await openBench();
  dir = mkdtempSync(join(tmpdir(), "mbd-dep-wait-"));
  blobs = createBlobStore(dir);
});
afterEach(async () => {
  await bench.db.close();
  rmSync(dir, { recursive: true });
});

describe("comingPackages", () => {
  let waiting: number;
  let upload: number;
  beforeEach(async () => {
    await addRepository(bench);
    upload = await addStoredUpload(bench, await storeUpload(blobs), "ACCEPTED");
    waiting = await bench.addPackaging(await bench.addUpload(), { source: "user-of-hello" });
  });

  /** What comes for a build in a suite while `hello` is on its way to another. */
  async function coming(from: string, state: string, to = "testing", missing = ["hello (>= 1)", "other"]) {
    const distribution = `bookworm-test-${from}`;
    await bench.addPackaging(upload, {
      bkey: "b",
      dsc: DSC,
      distribution,
      suite: from,
      state,
      version: "1.0",
    });
    const own = await findPackaging(bench.db.read, waiting);
    if (own === undefined) throw new Error("it is gone");
    const target = await resolveDistribution(bench.db.read, `bookworm-test-${to}`);
    return await comingPackages({ db: bench.db, blobs }, own, target, missing);
  }

  test.each([
    ["QUEUED", "queued by hello 1.0"],
    ["BUILDING", "being built by hello 1.0"],
    ["INSTALLING", "being installed by hello 1.0"],
  ])("finds one that is %s in the same suite", async (state, from) => {
    expect(await coming("testing", state)).toEqual([{ missing: "hello (>= 1)", from }]);
  });

  test.each(["INSTALLED", "FAILED", "CANCELLED"])("finds none that is %s", async (state) => {
    expect(await coming("testing", state)).toEqual([]);
  });

  test.each([
    ["stable", "testing", 1],
    ["testing", "stable", 0],
    ["experimental", "unstable", 0],
    ["unstable", "experimental", 1],
  ])("one for %s comes to builds for %s %i times", async (from, to, count) => {
    expect(await coming(from, "BUILDING", to)).toHaveLength(count);
  });
});

describe("wakeWaiting", () => {
  const missing = (...names: string[]) => JSON.stringify({ missing: names });

  async function wake(...installed: string[]): Promise<Record<string, string>> {
    await bench.db.write((tx) => wakeWaiting(bench, tx, "test", installed));
    const rows = await bench.db.read.selectFrom("build").selectAll().orderBy("arch").execute();
    return Object.fromEntries(rows.map(({ arch, state }) => [arch, state]));
  }

  beforeEach(async () => {
    const mine = await bench.addPackaging(await bench.addUpload());
    await bench.addBuild(mine, { state: "DEP_WAIT", result: missing("libfoo-dev (>= 2)", "libbar-dev") });
    const arm = { arch: "arm64", bkey: `${BKEY} arm64` };
    await bench.addBuild(mine, { ...arm, state: "DEP_WAIT", result: missing("libbar-dev") });
    const other = await bench.addPackaging(await bench.addUpload(), { bkey: "other", repository: "acme" });
    const there = { arch: "i386", bkey: "other i386", state: "DEP_WAIT", result: missing("libfoo-dev") };
    await bench.addBuild(other, there);
  });

  test("queues what waits for a package that was installed, and lets the others of the repository look", async () => {
    const states = await wake("libfoo-dev", "libfoo2");

    expect(states).toEqual({ amd64: "QUEUED", arm64: "DEP_WAIT", i386: "DEP_WAIT" });
    expect(await bench.jobs("build")).toEqual(["queued build:1", "queued build:2"]);
    const [build] = await bench.db.read.selectFrom("build").selectAll().where("arch", "=", "amd64").execute();
    expect(build).toMatchObject({ queued_at: NOW, reason: null, message: null });
  });

  test("lets all look when nothing was installed", async () => {
    expect(await wake()).toEqual({ amd64: "DEP_WAIT", arm64: "DEP_WAIT", i386: "DEP_WAIT" });
    expect(await bench.jobs("build")).toHaveLength(2);
  });
});
