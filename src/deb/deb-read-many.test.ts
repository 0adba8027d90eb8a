import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { BREAKAGES } from "./deb-broken-support.ts";
import { readDeb } from "./deb-read.ts";
import { readManyDebs } from "./deb-read-many.ts";
import { bufferSource } from "./deb-source.ts";
import {
  arFile,
  controlTar,
  createDebBuilder,
  dataTar,
  debOf,
  packed,
  tarFile,
  VERSION_PART,
} from "./deb-test-support.ts";
import { FormatError } from "./errors.ts";
import { xzUnpackedBytes, zstdMostBytes } from "./frame-walk.ts";

const builder = createDebBuilder();
afterAll(() => builder.remove());

const alone = async (bytes: Buffer) => {
  try {
    return { contents: await readDeb(bufferSource("a.deb", bytes)) };
  } catch (error) {
    if (error instanceof FormatError) return { refused: error.message };
    throw error;
  }
};
const together = async (list: readonly Buffer[]) =>
  (await readManyDebs(list.map((bytes) => ({ fileName: "a.deb", bytes })))).map((outcome) =>
    outcome instanceof FormatError ? { refused: outcome.message } : { contents: outcome },
  );

/** A package for each way to pack the members, each with another list of paths. */
function samples(): Buffer[] {
  const long = `./${"d/".repeat(90)}ä`;
  const trees = [
    tarFile({ name: "./one", content: "1" }),
    dataTar({ name: "./usr/l", type: "2", link: "f" }, { name: "./dev", type: "3" }, { name: "./old/" }),
    tarFile(
      { name: "x", prefix: "usr/prefixed", magic: "ustar\x0000" },
      { name: "./h", type: "1", link: "x" },
    ),
    tarFile({ name: "././@LongLink", type: "L", content: `${long}\0` }, { name: "./cut" }),
    tarFile({ name: "./big", content: Buffer.alloc(300_000, "ab") }),
  ];
  const pack: Record<string, (bytes: Buffer) => Buffer> = {
    "": (bytes) => bytes,
    ".gz": (bytes) => gzipSync(bytes),
    ".xz": (bytes) => packed("xz", bytes),
    ".zst": (bytes) => packed("zstd", bytes),
  };
  return Object.entries(pack).flatMap(([ending, run]) =>
    trees.map((tree) =>
      arFile([
        VERSION_PART,
        { name: `control.tar${ending}`, bytes: run(controlTar()) },
        { name: `data.tar${ending}`, bytes: run(tree) },
      ]),
    ),
  );
}

describe("many packages at once", () => {
  it("gives the same as one by one, in the order given", async () => {
    builder.write("usr/share/f", "hello\n".repeat(100));
    const built = (["gzip", "xz", "zstd", "none"] as const).map((it) => readFileSync(builder.build(it)));
    const list = [...samples(), ...built, debOf()];

    const outcomes = await together(list);

    expect(outcomes).toEqual(await Promise.all(list.map(alone)));
    expect(outcomes.filter((outcome) => "contents" in outcome)).toHaveLength(list.length);
  });

  it("refuses what is refused one by one, in the same words, and the others beside it are read", async () => {
    const good = samples();
    const list = BREAKAGES.flatMap((breakage, index) => [
      breakage.bytes(),
      good[index % good.length] ?? debOf(),
    ]);

    const outcomes = await together(list);

    for (const [index, breakage] of BREAKAGES.entries()) {
      expect(outcomes[2 * index], breakage.name).toMatchObject({
        refused: expect.stringMatching(breakage.reason),
      });
      expect(outcomes[2 * index + 1], breakage.name).toHaveProperty("contents");
    }
  });

  it("agrees with reading one by one about damaged packages", async () => {
    const edits = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 0, maxLength: 3 });
    const raw = samples().slice(0, 5);
    const damaged = fc.tuple(fc.constantFrom(...raw), edits).map(([bytes, list]) => {
      const copy = Buffer.from(bytes);
      for (const { at, byte } of list) copy[at % Math.min(copy.length, 6000)] = byte;
      return copy;
    });
    await fc.assert(
      fc.asyncProperty(fc.array(damaged, { minLength: 1, maxLength: 4 }), async (list) => {
        expect(await together(list)).toEqual(await Promise.all(list.map(alone)));
      }),
      { numRuns: 300 },
    );
  });

  it("keeps memory bounded by bombs among them", async () => {
    const zeros = Buffer.alloc(64 * 1024 * 1024);
    const bombs = (["xz", "zstd"] as const).map((program) =>
      arFile([
        VERSION_PART,
        { name: "control.tar.gz", bytes: gzipSync(controlTar()) },
        { name: program === "xz" ? "data.tar.xz" : "data.tar.zst", bytes: packed(program, zeros) },
      ]),
    );

    const [xz, zstd, good] = await together([...bombs, debOf()]);

    // A tar archive of nothing but its end marker: allowed, and read as a stream.
    expect(xz).toMatchObject({ contents: { paths: [], dataSizeBytes: zeros.length } });
    expect(zstd).toMatchObject({ contents: { paths: [], dataSizeBytes: zeros.length } });
    expect(good).toMatchObject({ contents: { paths: ["usr/f"] } });
  });
});

describe("framing", () => {
  const texts = [Buffer.from(""), Buffer.from("short"), Buffer.alloc(3_000_000, "abc\n")];
  const noise = execFileSync("head", ["-c", "200001", "/dev/urandom"]);

  it.each([...texts, noise].map((text) => [text.length, text] as const))(
    "tells what %i bytes were before xz and zstd",
    (length, text) => {
      for (const args of [["-1"], ["-9e"], ["-T2", "--block-size=65536"], ["-C", "none"], ["-C", "sha256"]]) {
        const stream = execFileSync("xz", [...args, "-c"], { input: text, maxBuffer: 1e8 });
        expect(xzUnpackedBytes(stream), args.join(" ")).toBe(length);
      }
      const most = zstdMostBytes(packed("zstd", text));
      expect(most).toBeGreaterThanOrEqual(length);
    },
  );

  it("takes nothing that goes on behind its end, or ends before it", () => {
    for (const [stream, size] of [
      [packed("xz", noise), xzUnpackedBytes],
      [packed("zstd", noise), zstdMostBytes],
    ] as const) {
      expect(size(stream)).toBeDefined();
      for (const cut of [1, 4, 12, 100, 70_000]) {
        expect(size(stream.subarray(0, -cut)), `${cut} less`).toBeUndefined();
      }
      expect(size(Buffer.concat([stream, Buffer.alloc(4)]))).toBeUndefined();
      expect(size(Buffer.concat([stream, stream]))).toBeUndefined();
    }
  });
});
