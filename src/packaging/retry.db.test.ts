import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keptDir } from "#builds";
import { createVerifier } from "#keys";
import { createBlobStore, exec } from "#platform";
import { createRepositoryService } from "#repositories";
import { type RetryDeps, retry } from "./retry.ts";
import { type Bench, NOW, openBench } from "./test-support.ts";

const VERSION = "1.0~test12+1";
const OLD = `hello/${VERSION}/20240101T030000Z/source`;
const NEW = `hello/${VERSION}/20240102T030000Z/source`;
const TAR = `hello_${VERSION}.tar.xz`;
const DSC = `hello_${VERSION}.dsc`;
const CHANGES = `hello_${VERSION}_source.changes`;

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
  await addRepository();
  await addFailed();
});
afterEach(async () => {
  await bench.db.close();
  rmSync(dir, { recursive: true });
});

async function addRepository(): Promise<void> {
  const source = {
    origin: "Debian",
    codename: "bookworm",
    archives: "[]",
    keyring: "",
    match: "{}",
    check_valid_until: 1 as const,
    remove_from_component: "",
    state: "active",
    description: "",
    codeversion: "12",
    components: '["main"]',
    architectures: '["amd64"]',
  };
  const service = createRepositoryService({
    ...bench,
    identity: "acme",
    hostname: "host",
    ensureDistribution: async () => 1,
  });
  await bench.db.write(async (tx) => {
    const { id } = await tx.insertInto("source").values(source).returning("id").executeTakeFirstOrThrow();
    await service.create(tx, { identity: "test", layout: "Default", allowUnauthenticatedUploads: true });
    const architectures = ["amd64", "arm64"];
    await service.addDistribution(tx, { repository: "test", sourceId: id, architectures, extraSources: [] });
  });
}

/** Puts a file into the store and says how lists of control files name it. */
async function store(name: string, text: string, files = "") {
  const { sha256, sizeBytes: size } = await deps.blobs.put(Readable.from([Buffer.from(text)]));
  const md5 = createHash("md5").update(text).digest("hex");
  const lists = `Checksums-Sha256:\n ${sha256} ${size} ${name}\nFiles:\n ${md5} ${size} ${files}${name}\n`;
  return { name, sha256, size, lists };
}

/** An upload whose packaging failed: amd64 was built, arm64 was not. */
async function addFailed(): Promise<void> {
  const tar = await store(TAR, "a tree");
  const dsc = await store(
    DSC,
    `Format: 3.0 (native)\nSource: hello\nBinary: hello\nArchitecture: any\nVersion: ${VERSION}\nMaintainer: A <a@example.org>\n${tar.lists}`,
    "misc optional ",
  );
  const md5 = createHash("md5").update("a tree").digest("hex");
  const lists = dsc.lists
    .replace("\nFiles:", `\n ${tar.sha256} ${tar.size} ${TAR}\nFiles:`)
    .concat(` ${md5} ${tar.size} misc optional ${TAR}\n`);
  const changes = await store(
    CHANGES,
    `Format: 1.8\nSource: hello\nArchitecture: source\nVersion: ${VERSION}\nDistribution: bookworm-test-unstable\nMaintainer: A <a@example.org>\nChanges:\n hello\n${lists}`,
  );
  const upload = await bench.addUpload({ changes_name: CHANGES, changes_sha256: changes.sha256 });
  await bench.db.write(async (tx) => {
    for (const { name, sha256, size } of [tar, dsc])
      await tx.insertInto("upload_file").values({ upload_id: upload, name, sha256, size }).execute();
  });
  const ended = { version: VERSION, dsc: DSC, state: "FAILED", ended_at: NOW };
  const id = await bench.addPackaging(upload, { ...ended, bkey: OLD });
  await bench.addBuild(id, { bkey: `${OLD} amd64`, state: "BUILT" });
  await bench.addBuild(id, { bkey: `${OLD} arm64`, arch: "arm64", state: "FAILED" });
  const kept = keptDir(deps.home, `${OLD} amd64`);
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, "build.log.zst"), "a log");
}

const again = (rebuildAll = false) => retry(deps, OLD, rebuildAll, { kind: "user", name: "ada" });

async function buildsOfNew(): Promise<string[]> {
  const rows = await bench.db.read.selectFrom("build").selectAll().where("bkey", "like", `${NEW}%`).execute();
  return rows.map((row) => `${row.arch} ${row.state}`);
}

describe("retry", () => {
  test("makes a new packaging that takes over what was built, with its log", async () => {
    const answer = await again();

    expect(answer).toMatchObject({ changes: CHANGES, bkey: NEW });
    expect(await bench.packaging(answer.packaging)).toMatchObject({ state: "QUEUED", retry_of: OLD });
    expect(await buildsOfNew()).toEqual(["amd64 BUILT"]);
    expect(readFileSync(join(keptDir(deps.home, `${NEW} amd64`), "build.log.zst"), "utf8")).toBe("a log");
    expect(await bench.jobs("prepare")).toEqual([`queued packaging:${answer.packaging}`]);
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
});
