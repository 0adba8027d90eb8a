import { readFileSync, realpathSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createVerifier } from "#keys";
import { exec } from "#platform";
import type { Archive } from "../archive.ts";
import {
  createTestArchive,
  createTestArchiveKey,
  type TestArchive,
  type TestArchiveKey,
} from "../archive-support.ts";
import { expectWholeAt, readRelease } from "../publish/publish-support.ts";
import type { CheckOptions } from "./check.ts";
import type { Finding } from "./finding.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let key: TestArchiveKey;
let fixture: TestArchive;
let archive: Archive;
let name: string;
let clock: Date;
let verify: NonNullable<CheckOptions["verify"]>;
const dist = () => join(fixture.root, "dists", name);
const deb = "pool/main/h/hello/hello_1.0-1_amd64.deb";

// One archive, mended after each damage.
beforeAll(async () => {
  clock = new Date();
  key = await createTestArchiveKey();
  fixture = await createTestArchive({ signer: key.signer, clock: { now: () => clock } });
  archive = fixture.again({ sleep: async () => undefined });
  // Every check makes all indices again: here are few.
  const options = { validDays: 30 };
  name = await fixture.live("unstable", { rollbacks: 0, options, architectures: ["amd64"] });
  await fixture.install("hello", "1.0-1", name);
  await archive.publish("test", name);
  await archive.snapshotCreate({ distribution: name, name: "first", by: "me" });
  const verifier = createVerifier({
    exec,
    clock: { now: () => clock },
    keyringsDir: join(dirname(key.keyring), "keyrings"),
  });
  const keyring = readFileSync(key.keyring);
  verify = (release) => verifier.verifyRelease(release, keyring);
});
afterAll(async () => {
  await fixture.close();
  await key.close();
});

function later(ms: number): void {
  clock = new Date(clock.getTime() + ms);
}

async function check(options: CheckOptions = {}): Promise<readonly Finding[]> {
  return (await archive.check({ verify, full: true, ...options })).findings;
}

const blobOf = async (path: string) => {
  const { sha256 } = await fixture.db.read
    .selectFrom("pool_file")
    .select("sha256")
    .where("path", "=", path)
    .executeTakeFirstOrThrow();
  return fixture.blobs.path(sha256);
};

/** Other bytes of the same number, in the same file. */
function spoil(path: string): void {
  const bytes = readFileSync(path);
  const first = bytes[0] ?? 0;
  bytes[0] = first ^ 1;
  writeFileSync(path, bytes, { flag: "r+" });
}

function replace(path: string, text: string): void {
  unlinkSync(path);
  writeFileSync(path, text);
}

describe("damage that can be mended", () => {
  beforeEach(() => later(60_000));
  afterEach(async () => {
    expect(await check()).toEqual([]);
    await expectWholeAt(dist());
    await expectWholeAt(join(dist(), "snapshots/first"));
  });

  const byHash = () => {
    const { sha256 = "" } = readRelease(dist()).files.get("main/binary-amd64/Packages.gz") ?? {};
    return join(dist(), "main/binary-amd64/by-hash/SHA256", sha256);
  };

  test.each<[string, Finding["kind"], () => unknown]>([
    ["a name of the pool is missing", "name_missing", () => unlinkSync(join(fixture.root, deb))],
    ["a name of the pool has other content", "name_wrong", () => replace(join(fixture.root, deb), "other")],
    [
      "content is not in the store, but in the pool",
      "content_lost",
      async () => unlinkSync(await blobOf(deb)),
    ],
    [
      "content is damaged in the store, but not in the pool",
      "content_damaged",
      async () => {
        const blob = await blobOf(deb);
        const bytes = readFileSync(blob);
        replace(join(fixture.root, deb), "");
        writeFileSync(join(fixture.root, deb), bytes);
        rmSync(`${blob}.damaged`, { force: true });
        spoil(blob);
      },
    ],
    ["no link leads to the distribution", "not_shown", () => unlinkSync(dist())],
    [
      "the link leads nowhere",
      "release_broken",
      () => {
        unlinkSync(dist());
        symlinkSync(`../.generations/${name}/100000`, dist());
      },
    ],
    ["Release is missing", "release_broken", () => unlinkSync(join(dist(), "Release"))],
    ["InRelease is missing", "release_broken", () => unlinkSync(join(dist(), "InRelease"))],
    ["Release.gpg is missing", "release_broken", () => unlinkSync(join(dist(), "Release.gpg"))],
    ["InRelease is not signed", "signature_bad", () => replace(join(dist(), "InRelease"), "Date: now\n")],
    [
      "Release was changed",
      "signature_bad",
      () => {
        const path = join(dist(), "Release");
        replace(path, readFileSync(path, "utf8").replace("for tests", "for fun"));
      },
    ],
    ["an index is missing", "index_missing", () => unlinkSync(join(dist(), "main/binary-amd64/Packages.xz"))],
    ["an index is missing by its hash", "index_missing", () => unlinkSync(byHash())],
    ["an index is damaged", "index_damaged", () => spoil(join(dist(), "main/binary-amd64/Packages.gz"))],
    [
      "an index is not what the database says",
      "index_outdated",
      // The only package is the one of hello.
      () => fixture.db.write((tx) => tx.updateTable("membership").set({ component: "contrib" }).execute()),
    ],
    ["it is valid no longer", "expired", () => later(31 * 86_400_000)],
    [
      "a publish hangs",
      "publish_hangs",
      async () => {
        await fixture.install("other", "1.0-1", name);
        later(3_600_000);
      },
    ],
    [
      "a snapshot is missing",
      "snapshot_missing",
      () => rmSync(realpathSync(join(dist(), "snapshots/first")), { recursive: true }),
    ],
  ])("%s", async (_name, kind, damage) => {
    await damage();
    const found = await check();
    expect(found.map((finding) => finding.kind)).toContain(kind);
    expect(found.every(({ repaired }) => !repaired)).toBe(true);
    const mended = await check({ repair: true });
    expect(mended.map((finding) => finding.kind)).toContain(kind);
    expect(mended.filter(({ repaired }) => !repaired)).toEqual([]);
  });
});

describe("content that is nowhere else", () => {
  test.each([
    ["lost", "content_lost", (blob: string) => unlinkSync(blob)],
    ["damaged", "content_damaged", spoil],
  ])(
    "is told when it is %s, and good again when the same file was given again",
    async (_how, kind, damage) => {
      const path = "pool/main/h/hello/hello-doc_1.0-1_all.deb";
      const blob = await blobOf(path);
      const other = join(fixture.factory.dir, "hello-doc_1.0-1_all.deb");
      rmSync(`${blob}.damaged`, { force: true });
      damage(blob);
      if (kind === "content_lost") unlinkSync(join(fixture.root, path));
      const [finding, ...others] = await check({ repair: true });
      expect(others).toEqual([]);
      expect(finding).toMatchObject({ kind, where: `test/${path}`, repaired: false });
      expect(finding?.what).toContain("hello-doc 1.0-1 all in bookworm-test-unstable");
      await fixture.blobs.putFile(other);
      expect((await check({ repair: true })).map((each) => each.kind)).toEqual(["name_missing"]);
      expect(await check()).toEqual([]);
    },
  );
});

test("reindex makes everything anew, and clients see the same", async () => {
  const before = readFileSync(join(dist(), "InRelease"), "utf8");
  expect(await archive.reindex(name)).toEqual([name]);
  expect(readFileSync(join(dist(), "InRelease"), "utf8")).toBe(before);
  await archive.reindex(name, { force: true });
  expect(readFileSync(join(dist(), "InRelease"), "utf8")).not.toBe(before);
  await expect(archive.reindex("bookworm-test-nonsense")).rejects.toThrow("bookworm-test-nonsense");
});

test("what is valid for a time is published again when half of it is over", async () => {
  await archive.publish("test", name);
  later(14 * 86_400_000);
  expect(await archive.renewDue()).not.toContain(name);
  later(2 * 86_400_000);
  fixture.asked.length = 0;
  expect(await archive.renewDue()).toContain(name);
  expect(fixture.asked).toContain(`test/${name}`);
});

test("every distribution is checked, rollbacks too", async () => {
  const testing = await fixture.live("testing", { rollbacks: 1, architectures: ["amd64"] });
  const rollback = `${testing}-rollback0`;
  for (const version of ["1.0-1", "2.0-1"]) await fixture.install("hello", version, testing);
  for (const each of [testing, rollback]) await archive.publish("test", each);
  unlinkSync(join(fixture.root, "dists", rollback, "main/binary-amd64/Packages.xz"));
  const findings = await check({ repair: true });
  expect(findings).toMatchObject([
    { kind: "index_missing", where: `${rollback}/main/binary-amd64/Packages.xz`, repaired: true },
  ]);
  expect(await check()).toEqual([]);
});
