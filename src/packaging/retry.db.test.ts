import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BuildResult, keptDir } from "#builds";
import type { Row } from "#db";
import { createVerifier } from "#keys";
import { createBlobStore, exec } from "#platform";
import { planRetry, type RetryDeps, retry } from "./retry.ts";
import { type Bench, NOW, openBench } from "./test-support.ts";
import { addRepository, addStoredUpload, CHANGES, DSC, storeUpload, UPLOADED } from "./test-upload.ts";

const OLD = `hello/${UPLOADED}/20240101T030000Z/source`;
const NEW = `hello/${UPLOADED}/20240102T030000Z/source`;

let bench: Bench;
let dir: string;
let deps: RetryDeps;
beforeEach(async () => {
  bench = await openBench();
  dir = mkdtempSync(join(tmpdir(), "mbd-retry-"));
  deps = {
    ...bench,
    home: { builds: join(dir, "builds") },
    blobs: createBlobStore(join(dir, "store")),
    verifier: createVerifier({ exec, clock: bench.clock, keyringsDir: dir }),
    findPlaces: async () => [],
    findPoolFile: async () => undefined,
  };
  await addRepository(bench);
  await addFailed();
});
afterEach(async () => {
  await bench.db.close();
  rmSync(dir, { recursive: true });
});

/** An upload whose packaging failed: amd64 was built, arm64 was not. */
async function addFailed(): Promise<void> {
  const upload = await addStoredUpload(bench, await storeUpload(deps.blobs), "ACCEPTED");
  const ended = { version: UPLOADED, dsc: DSC, state: "FAILED", ended_at: NOW };
  const id = await bench.addPackaging(upload, { ...ended, bkey: OLD });
  await bench.addBuild(id, { bkey: `${OLD} amd64`, state: "BUILT" });
  await bench.addBuild(id, { bkey: `${OLD} arm64`, arch: "arm64", state: "FAILED" });
  const kept = keptDir(deps.home, `${OLD} amd64`);
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, "build.log.zst"), "a log");
}

/** The result of a build that was asked for with this. */
function resultWith(madeWith: Partial<NonNullable<BuildResult["madeWith"]>>): string {
  return JSON.stringify({ madeWith: { debBuildOptions: [], debBuildProfiles: [], ...madeWith } });
}

const again = (rebuildAll = false) => retry(deps, OLD, rebuildAll, { kind: "user", name: "ada" });

async function buildsOfNew(): Promise<string[]> {
  const rows = await bench.db.read.selectFrom("build").selectAll().where("bkey", "like", `${NEW}%`).execute();
  return rows.map((row) => `${row.arch} ${row.state}`);
}

/** What the distribution says of the architecture-independent packages, and of profiles. */
async function configure(archAll: string, profiles = ""): Promise<void> {
  await bench.db.write(async (tx) => {
    for (const arch of ["amd64", "arm64"]) {
      const arch_all = arch === archAll ? (1 as const) : (0 as const);
      await tx.updateTable("distribution_arch").set({ arch_all }).where("arch", "=", arch).execute();
    }
    await tx.updateTable("distribution").set({ deb_build_profiles: profiles }).execute();
  });
}

describe("retry", () => {
  test("makes a new packaging that takes over what was built, with its log", async () => {
    await bench.db.write((tx) => tx.updateTable("packaging").set({ priority: 10 }).execute());

    const answer = await again();

    expect(answer).toMatchObject({ changes: CHANGES, bkey: NEW });
    expect(await bench.packaging(answer.packaging)).toMatchObject({ state: "QUEUED", retry_of: OLD });
    expect(await buildsOfNew()).toEqual(["amd64 BUILT"]);
    expect(readFileSync(join(keptDir(deps.home, `${NEW} amd64`), "build.log.zst"), "utf8")).toBe("a log");
    expect(await bench.jobs("prepare")).toEqual([`queued packaging:${answer.packaging}`]);
    expect(await bench.db.read.selectFrom("job").select("priority").execute()).toEqual([{ priority: 10 }]);
  });

  test.each<[string, Partial<Row<"build">>, string[]]>([
    ["with the architecture-independent packages, which are made elsewhere now", { build_all: 1 }, []],
    ["of fewer packages", { build_any: 0 }, []],
    ["with other build profiles", { result: resultWith({ debBuildProfiles: ["nodoc"] }) }, []],
    ["with other build options", { result: resultWith({ debBuildOptions: ["nocheck"] }) }, []],
    ["as it would be made today", { result: resultWith({}) }, ["amd64 BUILT"]],
  ])("takes over a build %s, or not", async (_what, change, expected) => {
    await configure("arm64");
    await bench.db.write((tx) => tx.updateTable("build").set(change).where("arch", "=", "amd64").execute());

    await again();

    expect(await buildsOfNew()).toEqual(expected);
  });

  test("takes over no build of an architecture that the distribution has no more", async () => {
    await bench.db.write((tx) => tx.deleteFrom("distribution_arch").where("arch", "=", "amd64").execute());

    await again();

    expect(await buildsOfNew()).toEqual([]);
  });

  test("takes over nothing when all is to be rebuilt", async () => {
    await again(true);

    expect(await buildsOfNew()).toEqual([]);
  });

  test.each([
    ["component_unknown", { components: '["contrib"]' }],
    ["nothing_to_build", { archs: true }],
  ] as const)("is refused as the upload would be today: %s", async (code, change) => {
    await bench.db.write(async (tx) => {
      if ("components" in change) await tx.updateTable("distribution").set(change).execute();
      else await tx.deleteFrom("distribution_arch").execute();
    });

    await expect(again()).rejects.toMatchObject({ code });
  });

  test("is refused when the pool has another file of a name of its source", async () => {
    deps = { ...deps, findPoolFile: async () => ({ sha256: "c".repeat(64), size: 6 }) };

    await expect(again()).rejects.toMatchObject({ code: "pool_conflict" });
    expect(await buildsOfNew()).toEqual([]);
  });

  test("is refused when retention has taken a file", async () => {
    const files = await bench.db.read.selectFrom("upload_file").selectAll().execute();
    for (const { sha256 } of files) await deps.blobs.remove(sha256);

    await expect(again()).rejects.toMatchObject({ code: "expired" });
  });

  test("is refused when retention has let the upload go, whose files may still be there", async () => {
    const expired = { expired_at: NOW, changes_text: null };
    await bench.db.write((tx) => tx.updateTable("upload").set(expired).execute());

    await expect(again()).rejects.toMatchObject({ code: "expired" });
    expect(await buildsOfNew()).toEqual([]);
  });

  test("builds again what was built when retention has let its results go", async () => {
    await bench.db.write((tx) => tx.updateTable("build").set({ files_expired_at: NOW }).execute());

    await again();

    expect(await buildsOfNew()).toEqual([]);
  });
});

describe("the plan of a retry", () => {
  const plan = (rebuildAll = false, bkey = OLD) => planRetry(deps, bkey, rebuildAll);
  const FIRST = `Try the upload of hello ${UPLOADED} for bookworm-test-unstable again as a new packaging.`;

  test.each([
    [false, "arm64", "amd64"],
    [true, "amd64, arm64", "none"],
  ])("lists which builds run again and which are taken over; all again: %s", async (all, again, taken) => {
    expect(await plan(all)).toEqual([
      FIRST,
      `Builds that run again: ${again}.`,
      `Builds that are taken over as they were: ${taken}.`,
    ]);
    expect(await buildsOfNew()).toEqual([]);
  });

  test("refuses as the call would", async () => {
    await expect(plan(false, NEW)).rejects.toMatchObject({ code: "not_found" });
    const set = (change: Partial<Row<"packaging">>) =>
      bench.db.write((tx) => tx.updateTable("packaging").set(change).execute());
    await set({ state: "INSTALLING", ended_at: null });
    await expect(plan()).rejects.toMatchObject({ code: "unfinished" });
    await set({ state: "CANCELLED", ended_at: NOW });
    await expect(plan(false, `${OLD} amd64`)).rejects.toMatchObject({ code: "finished" });
    await bench.db.write((tx) => tx.updateTable("upload").set({ expired_at: NOW }).execute());
    await expect(plan()).rejects.toMatchObject({ code: "expired" });
  });
});
