import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
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
