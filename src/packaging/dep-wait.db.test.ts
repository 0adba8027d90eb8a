import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BlobStore, createBlobStore, silentLog } from "#platform";
import { resolveDistribution } from "#repositories";
import { createBinaryNames } from "./binary-names.ts";
import { comingPackages, wakeWaiting } from "./dep-wait.ts";
import { insertPortRequest } from "./ports/port-store.ts";
import { type Bench, BKEY, NOW, openBench } from "./test-support.ts";
import { addRepository, addStoredUpload, CHANGES, DSC, storeUpload } from "./test-upload.ts";

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

  async function comingTo(to: string, missing: readonly string[], begunAt?: string) {
    const target = await resolveDistribution(bench.db.read, `bookworm-test-${to}`);
    const binaryNames = createBinaryNames({ blobs, log: silentLog });
    return await comingPackages(
      { db: bench.db, blobs, binaryNames },
      { id: waiting },
      target,
      missing,
      begunAt,
    );
  }

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
    return await comingTo(to, missing);
  }

  test.each([
    [
      "since a try began: it may have come too late",
      "2024-01-01T00:00:00.000Z",
      ["just installed by hello 1.0"],
    ],
    ["before", "2024-01-03T00:00:00.000Z", []],
  ])("finds one that was installed %s", async (_when, begunAt, from) => {
    const distribution = "bookworm-test-testing";
    const ended = { state: "INSTALLED", ended_at: "2024-01-02T00:00:00.000Z" };
    const where = { bkey: "b", dsc: DSC, distribution, suite: "testing", version: "1.0" };
    await bench.addPackaging(upload, { ...where, ...ended });

    const found = await comingTo("testing", ["hello (>= 1)"], begunAt);

    expect(found.map((each) => each.from)).toEqual(from);
    expect(await comingTo("testing", ["hello (>= 1)"])).toEqual([]);
  });

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

describe("a package that comes with a version", () => {
  const UNSTABLE = "bookworm-test-unstable";
  /** That the source made when it was built before. */
  const made = (version: string, source_version: string) => ({
    ...{
      repository: "test",
      kind: "deb",
      name: "hello",
      version,
      arch: "amd64",
      source: "hello",
      source_version,
    },
    ...{ component: "main", section: "misc", stanza: "", content_sha256: version, created_at: NOW },
  });

  test.each<[string, string, ReturnType<typeof made> | undefined, number]>([
    ["enough", "hello (>= 1.0)", made("0.9", "0.9"), 1],
    ["too low", "hello (>= 3)", made("0.9", "0.9"), 0],
    ["of its own, as it had before", "hello (>= 3)", made("2:0.9", "0.9"), 1],
    ["that nobody knows yet", "hello (>= 3)", undefined, 1],
    ["too high", "hello (<< 1.0)", made("0.9", "0.9"), 0],
    ["that is not asked for", "hello", made("0.9", "0.9"), 1],
  ])("%s, for %s", async (_what, missing, before, count) => {
    await addRepository(bench);
    if (before !== undefined) await bench.db.write((tx) => tx.insertInto("package").values(before).execute());
    const upload = await addStoredUpload(bench, await storeUpload(blobs), "ACCEPTED");
    await bench.addPackaging(upload, { dsc: DSC, state: "BUILDING", version: "1.0" });

    const target = await resolveDistribution(bench.db.read, UNSTABLE);
    const binaryNames = createBinaryNames({ blobs, log: silentLog });
    const found = await comingPackages({ db: bench.db, blobs, binaryNames }, { id: 0 }, target, [missing]);

    expect(found).toHaveLength(count);
  });
});

describe("an upload that is not verified yet", () => {
  async function comingTo(suite: string) {
    const target = await resolveDistribution(bench.db.read, `bookworm-test-${suite}`);
    const binaryNames = createBinaryNames({ blobs, log: silentLog });
    return await comingPackages({ db: bench.db, blobs, binaryNames }, { id: 0 }, target, ["hello (>= 1)"]);
  }

  test.each([
    ["RECEIVED", "unstable", 1],
    ["VERIFYING", "unstable", 1],
    ["VERIFYING", "testing", 0],
    ["REJECTED", "unstable", 0],
    ["ACCEPTED", "unstable", 0],
  ])("%s, comes to builds for %s %i times", async (state, suite, count) => {
    await addRepository(bench);
    await addStoredUpload(bench, await storeUpload(blobs), state);

    const expected = { missing: "hello (>= 1)", from: "being verified as hello 1.0~test12+1" };
    expect(await comingTo(suite)).toEqual(Array(count).fill(expected));
  });

  test("is read through its signature, and brings nothing when its text is none", async () => {
    await addRepository(bench);
    const sign = async (text: string) =>
      `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${text}-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n`;
    await addStoredUpload(bench, await storeBroken(), "RECEIVED");
    await addStoredUpload(bench, await storeUpload(blobs, "any", { sign }), "RECEIVED");

    expect(await comingTo("unstable")).toHaveLength(1);
  });
});

test("a .dsc that cannot be read brings nothing, and keeps nobody from seeing the others", async () => {
  await addRepository(bench);
  const stored = await storeUpload(blobs);
  const distribution = "bookworm-test-testing";
  const state = "BUILDING";
  for (const [bkey, upload] of [
    ["broken", await addStoredUpload(bench, await storeBroken(), "ACCEPTED")],
    ["good", await addStoredUpload(bench, stored, "ACCEPTED")],
  ] as const)
    await bench.addPackaging(upload, { bkey, dsc: DSC, distribution, state });
  const target = await resolveDistribution(bench.db.read, distribution);
  const binaryNames = createBinaryNames({ blobs, log: silentLog });

  const coming = await comingPackages({ db: bench.db, blobs, binaryNames }, { id: 0 }, target, ["hello"]);

  expect(coming).toMatchObject([{ missing: "hello" }]);
});

async function storeBroken() {
  const { sha256, sizeBytes: size } = await blobs.put(Readable.from([Buffer.from("no dsc")]));
  return [DSC, CHANGES].map((name) => ({ name, sha256, size }));
}

describe("a port on its way", () => {
  let dsc_sha256: string;
  beforeEach(async () => {
    await addRepository(bench);
    dsc_sha256 = (await storeUpload(blobs)).find(({ name }) => name === DSC)?.sha256 ?? "";
  });

  test.each<[string, { state: string; upload?: string; target?: string }, number]>([
    ["that is made", { state: "open" }, 1],
    ["for another distribution", { state: "open", target: "bookworm-test-unstable" }, 0],
    ["that came to nothing", { state: "failed" }, 0],
    ["that is verified", { state: "done", upload: "VERIFYING" }, 1],
    ["that was rejected", { state: "done", upload: "REJECTED" }, 0],
    ["that is a packaging by now", { state: "done", upload: "ACCEPTED" }, 0],
  ])("%s comes, or not", async (_what, { state, upload, target = "bookworm-test-testing" }, count) => {
    const upload_id = upload === undefined ? null : await bench.addUpload({ state: upload });
    await bench.db.write((tx) =>
      insertPortRequest(tx, { ...PORT, state, upload_id, target, dsc: DSC, dsc_sha256 }),
    );
    const resolved = await resolveDistribution(bench.db.read, "bookworm-test-testing");
    const binaryNames = createBinaryNames({ blobs, log: silentLog });

    const coming = await comingPackages({ db: bench.db, blobs, binaryNames }, { id: 0 }, resolved, [
      "hello (>= 1)",
    ]);

    const expected = { missing: "hello (>= 1)", from: "being ported as hello 1.0~test12+1" };
    expect(coming).toEqual(Array(count).fill(expected));
  });

  const PORT = {
    ...{
      bkey: "p",
      kind: "internal",
      source: "hello",
      version: "1.0~test12+1",
      priority: 0,
      url: "",
      kept: "[]",
    },
    ...{
      vouched_by: "instance",
      options: "[]",
      requested_by: "ada",
      from_distribution: null,
      migrate: 0 as const,
    },
    ...{ expected: null, got: null, error: null, created_at: NOW, ended_at: null },
  };
});

describe("wakeWaiting", () => {
  const missing = (...names: string[]) => JSON.stringify({ missing: names });

  /** What the builds are after something was installed in unstable. */
  async function wake(...installed: string[]): Promise<Record<string, string>> {
    const ended = { repository: "test", distribution: "bookworm-test-unstable" };
    await bench.db.write((tx) => wakeWaiting(bench, tx, ended, installed));
    const rows = await bench.db.read.selectFrom("build").selectAll().orderBy("arch").execute();
    return Object.fromEntries(rows.map(({ arch, state }) => [arch, state]));
  }

  beforeEach(async () => {
    await addRepository(bench);
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

  test.each([
    ["bookworm-test-experimental", "QUEUED"],
    ["bookworm-test-testing", "DEP_WAIT"],
    ["trixie-test-unstable", "DEP_WAIT"],
  ])("a build in %s is %s afterwards", async (distribution, state) => {
    const packaging = await bench.addPackaging(await bench.addUpload(), { bkey: "third", distribution });
    const build = {
      arch: "riscv64",
      bkey: "third riscv64",
      state: "DEP_WAIT",
      result: missing("libfoo-dev"),
    };
    const id = await bench.addBuild(packaging, build);

    expect(await wake("libfoo-dev")).toMatchObject({ riscv64: state });

    expect((await bench.jobs("build")).includes(`queued build:${id}`)).toBe(state === "QUEUED");
  });

  test("lets all look when nothing was installed", async () => {
    expect(await wake()).toEqual({ amd64: "DEP_WAIT", arm64: "DEP_WAIT", i386: "DEP_WAIT" });
    expect(await bench.jobs("build")).toHaveLength(2);
  });
});
