import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { assembleIndex } from "./assemble.ts";
import { anyText, createTestStore, stanzas, type TestStore, tool } from "./chunks-support.ts";
import { ChunkLost, type ChunkRef, type IndexForm } from "./types.ts";

const NO_WEAK = { md5: false, sha1: false };
const ALL: IndexForm[] = ["plain", "gz", "xz"];
let test: TestStore;

beforeAll(() => {
  test = createTestStore();
});

afterAll(() => test.remove());

/** The path of an index made of texts, in a directory of its own. */
async function written(texts: readonly Buffer[], forms: readonly IndexForm[] = ALL, weak = NO_WEAK) {
  const refs = await test.store.ensure(texts);
  const path = join(mkdtempSync(join(test.base, "index-")), "Packages");
  return { path, refs, sums: await assembleIndex(test.store, refs, path, forms, weak) };
}

describe("an index of chunks", () => {
  it("is accepted by xz, gzip and python, and says what the texts say", async () => {
    const texts = [stanzas(900, 1), stanzas(1, 2), Buffer.from("x"), stanzas(300, 3)];
    const whole = Buffer.concat(texts);

    const { path, refs } = await written(texts);

    expect(readFileSync(path).equals(whole)).toBe(true);
    tool("gzip", "-t", `${path}.gz`);
    tool("xz", "-t", `${path}.xz`);
    expect(tool("gzip", "-dc", `${path}.gz`).equals(whole)).toBe(true);
    expect(tool("xz", "-dc", "--single-stream", `${path}.xz`).equals(whole)).toBe(true);
    const python =
      "import lzma,gzip,sys; p=sys.argv[1]; a=lzma.open(p+'.xz').read(); assert a==gzip.open(p+'.gz').read(); sys.stdout.buffer.write(a)";
    expect(tool("python3", "-c", python, path).equals(whole)).toBe(true);
    const rows = tool("xz", "-l", "-vv", "--robot", `${path}.xz`).toString().split("\n");
    const blocks = rows.filter((row) => row.startsWith("block\t")).map((row) => row.split("\t"));
    expect(
      rows
        .find((row) => row.startsWith("file\t"))
        ?.split("\t")
        .slice(1, 3),
    ).toEqual(["1", "4"]);
    expect(blocks.map((row) => [Number(row[6]), Number(row[7]), row[9]])).toEqual(
      refs.map(({ xzBytes, textBytes }) => [xzBytes, textBytes, "CRC64"]),
    );
  });

  it("gives the sums of all its forms", async () => {
    const { path, sums } = await written([stanzas(50), stanzas(60, 7)], ALL, { md5: true, sha1: true });

    for (const [suffix, given] of [
      ["", sums.plain],
      [".gz", sums.gz],
      [".xz", sums.xz],
    ] as const) {
      const bytes = readFileSync(path + suffix);
      const sum = (name: string) => createHash(name).update(bytes).digest("hex");
      const expected = { sizeBytes: bytes.length, sha256: sum("sha256"), md5: sum("md5"), sha1: sum("sha1") };
      expect(given).toEqual(expected);
    }
  });

  it("may be empty", async () => {
    const { path, sums } = await written([]);
    const ofNothing = await written([Buffer.alloc(0), Buffer.alloc(0)]);

    expect(tool("gzip", "-dc", `${path}.gz`).length).toBe(0);
    expect(tool("xz", "-dc", `${path}.xz`).length).toBe(0);
    expect(readFileSync(path).length).toBe(0);
    expect(sums.plain).toEqual({ sizeBytes: 0, sha256: createHash("sha256").digest("hex") });
    expect(ofNothing.sums).toEqual(sums);
  });

  it("is on disk in the forms that are asked for only", async () => {
    const { path, sums } = await written([stanzas(5)], ["gz"]);

    expect([path, `${path}.gz`, `${path}.xz`].map((name) => existsSync(name))).toEqual([false, true, false]);
    expect(sums.plain).toEqual((await written([stanzas(5)])).sums.plain);
    expect(sums.xz).toBeUndefined();
  });

  it("of any texts, however they are cut, is one stream and says the whole", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 8 }), async (texts) => {
        const { path } = await written(texts, ["gz", "xz"]);
        expect(tool("xz", "-dc", "--single-stream", `${path}.xz`).equals(Buffer.concat(texts))).toBe(true);
        expect(gunzipSync(readFileSync(`${path}.gz`)).equals(Buffer.concat(texts))).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it("of more than the read-ahead keeps the order", async () => {
    const texts = Array.from({ length: 40 }, (_, i) => stanzas(1500, i));

    const { path, refs } = await written(texts);

    expect(refs.reduce((sum, { textBytes }) => sum + textBytes, 0)).toBeGreaterThan(5_000_000);
    expect(tool("xz", "-dc", `${path}.xz`).equals(Buffer.concat(texts))).toBe(true);
    expect(gunzipSync(readFileSync(`${path}.gz`)).equals(Buffer.concat(texts))).toBe(true);
  });
});

describe("a chunk that is lost", () => {
  const assemble = (refs: readonly ChunkRef[], forms: readonly IndexForm[]) =>
    assembleIndex(test.store, refs, join(mkdtempSync(join(test.base, "lost-")), "Packages"), forms, NO_WEAK);

  it("is named", async () => {
    const [ref] = await test.store.ensure([stanzas(3, 77)]);
    if (ref === undefined) throw new Error("no chunk");
    const gone = { ...ref, sha256: "ab".repeat(32) };

    await expect(assemble([ref, gone, ref], ["gz"])).rejects.toEqual(new ChunkLost(gone.sha256));
  });

  it("includes one that was never packed in the form of the index", async () => {
    const refs = await test.store.ensure([stanzas(3, 78)], () => ["gz"]);

    await expect(assemble(refs, ["gz"])).resolves.toBeDefined();
    await expect(assemble(refs, ["gz", "xz"])).rejects.toBeInstanceOf(ChunkLost);
    await expect(assemble(await test.store.ensure([stanzas(3, 78)]), ["gz", "xz"])).resolves.toBeDefined();
  });

  it("does not overwrite a file that is there", async () => {
    const { path, refs } = await written([stanzas(4)]);

    await expect(assembleIndex(test.store, refs, path, ["gz"], NO_WEAK)).rejects.toThrow("EEXIST");
  });
});
