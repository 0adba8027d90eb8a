import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type BlobStore, createBlobStore } from "#platform";
import { type BinaryNames, createBinaryNames } from "./binary-names.ts";

let dir: string;
let blobs: BlobStore;
let warned: unknown[];
let binaryNames: BinaryNames;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mbd-names-"));
  blobs = createBlobStore(dir);
  warned = [];
  const warn = (about: unknown) => void warned.push(about);
  // Room for two small ones.
  binaryNames = createBinaryNames({ blobs, log: { warn } }, 250);
});
afterEach(() => rmSync(dir, { recursive: true }));

async function store(text: string) {
  return { name: "x.dsc", sha256: (await blobs.put(Readable.from([Buffer.from(text)]))).sha256 };
}

const dscOf = (source: string) =>
  `Format: 3.0 (native)\nSource: ${source}\nBinary: ${source}, ${source}-dev\nArchitecture: any\nVersion: 1
Maintainer: A <a@example.org>\nChecksums-Sha256:\n ${"0".repeat(64)} 1 ${source}_1.tar.xz\n`;

test("what was read is remembered, as long as there is room", async () => {
  const [a, b, c] = [await store(dscOf("aa")), await store(dscOf("bb")), await store(dscOf("cc"))];
  expect(await binaryNames(a)).toEqual(["aa", "aa-dev"]);
  await binaryNames(b);
  await blobs.remove(a.sha256);
  expect(await binaryNames(a)).toEqual(["aa", "aa-dev"]);

  await binaryNames(c);

  expect(await binaryNames(a)).toEqual([]);
  expect(await binaryNames(c)).toEqual(["cc", "cc-dev"]);
});

test.each(["no dsc", "missing"])(
  "one that cannot be read has none, and is told of once: %s",
  async (text) => {
    const broken = await store(text);
    if (text === "missing") await blobs.remove(broken.sha256);

    expect([await binaryNames(broken), await binaryNames(broken)]).toEqual([[], []]);

    expect(warned).toMatchObject([{ dsc: "x.dsc", sha256: broken.sha256 }]);
    if (text === "missing")
      expect(await binaryNames(await store(dscOf("hello")))).toEqual(["hello", "hello-dev"]);
  },
);
