import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BlobStore, createBlobStore } from "./blob-store.ts";

let dir: string;
let blobs: BlobStore;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mbd-blobs-"));
  blobs = createBlobStore(join(dir, "store"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const store = (text: string) => blobs.put(Readable.from([Buffer.from(text)]));
const LONG_AGO = new Date("2020-01-01T00:00:00Z");
const BETWEEN = new Date("2021-01-01T00:00:00Z");

function makeOld(sha256: string): void {
  utimesSync(blobs.path(sha256), LONG_AGO, LONG_AGO);
}

describe("a blob that nobody stored for a while", () => {
  test("goes, and says how big it was", async () => {
    const { sha256 } = await store("twelve bytes");
    makeOld(sha256);
    expect(blobs.removeUnused(sha256, BETWEEN)).toBe(12);
    expect(await blobs.has(sha256)).toBe(false);
    expect(blobs.removeUnused(sha256, BETWEEN)).toBeUndefined();
  });
  test.each([
    ["stored again", async () => void (await store("text"))],
    [
      "stored in a batch again",
      async (sha256: string) => {
        const batch = blobs.batch();
        batch.add(sha256, Buffer.from("text"));
        await batch.commit();
        await batch.close();
      },
    ],
    ["touched", async (sha256: string) => void blobs.touch(sha256)],
  ])("stays when it was %s", async (_how, use) => {
    const { sha256 } = await store("text");
    makeOld(sha256);
    const { ino } = statSync(blobs.path(sha256));
    await use(sha256);
    expect(blobs.removeUnused(sha256, BETWEEN)).toBeUndefined();
    expect(readFileSync(blobs.path(sha256), "utf8")).toBe("text");
    expect(statSync(blobs.path(sha256)).ino).toBe(ino);
  });
});

test("one that is not there cannot be touched", () => {
  expect(blobs.touch("0".repeat(64))).toBe(false);
});

describe("a file of a directory that others write to", () => {
  const HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  const stored = () => readdirSync(dir, { recursive: true }).map(String).sort();
  let path: string;
  beforeEach(() => {
    path = join(dir, "file");
  });

  test.each<[string, () => void]>([
    ["a link", () => symlinkSync("/etc/passwd", path)],
    ["a link to a device", () => symlinkSync("/dev/zero", path)],
    ["a pipe", () => void execFileSync("mkfifo", [path])],
    ["a directory", () => mkdirSync(path)],
  ])("is not stored when it is %s", async (_what, make) => {
    make();

    await expect(blobs.putFile(path)).rejects.toMatchObject({
      code: "no_plain_file",
      message: "file is no plain file.",
    });

    expect(stored()).toEqual(["file"]);
  });

  test("a device is not stored", async () => {
    await expect(blobs.putFile("/dev/zero")).rejects.toMatchObject({ code: "no_plain_file" });
  });

  test.each([
    [{ sha256: "0".repeat(64), sizeBytes: 5 }, "file_mismatch"],
    [{ sha256: HELLO, sizeBytes: 4 }, "too_large"],
  ])("is not stored when it is not what a list says: %j", async (listed, code) => {
    writeFileSync(path, "hello");

    const put = blobs.putFile(path, { expected: { ...listed, list: "x.changes" } });

    await expect(put).rejects.toMatchObject({ code });
    expect(stored()).toEqual(["file", "store"]);
  });

  test("is stored when it is", async () => {
    writeFileSync(path, "hello");
    const listed = { sha256: HELLO, sizeBytes: 5 };

    await expect(blobs.putFile(path, { expected: { ...listed, list: "x.changes" } })).resolves.toEqual(
      listed,
    );

    expect(await blobs.has(HELLO)).toBe(true);
  });
});
