import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { bytesToPath, cleanPath, hasBadBytes, pathToBytes } from "./deb-paths.ts";
import { showName } from "./deb-source.ts";
import { dataTar, END_MARKER, tarEntry } from "./deb-test-support.ts";
import { readTar, type TarEntry } from "./tar-read.ts";

const OPTIONS = { nameBytes: 4096, entryBytes: 2 ** 40, fail: (reason: string) => new Error(reason) };

/** Feeds the bytes in pieces of the given size and collects entries and contents. */
async function entriesOf(bytes: Buffer, pieceBytes = 65536) {
  const entries: (TarEntry & { content: string })[] = [];
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  await readTar(pieces(), OPTIONS, (entry) => {
    const collected = { ...entry, content: "" };
    entries.push(collected);
    return (chunk) => {
      collected.content += Buffer.from(chunk).toString("latin1");
    };
  });
  return entries;
}

/** A part with some bytes of its header replaced and the checksum made right again. */
function edited(
  part: Buffer,
  index: number,
  edits: readonly { part: number; at: number; value: number }[],
): Buffer {
  const copy = Buffer.from(part);
  for (const edit of edits) if (edit.part === index) copy.writeUInt8(edit.value, edit.at);
  copy.write("        ", 148, "latin1");
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return copy;
}

describe("readTar", () => {
  it.each([1, 7, 511, 512, 513, 65536])("gives the same in pieces of %i bytes", async (pieceBytes) => {
    const long = `./${"d/".repeat(80)}file`;
    const bytes = Buffer.concat([
      tarEntry({ name: "./a", content: "x".repeat(513) }),
      tarEntry({ name: "././@LongLink", type: "L", content: `${long}\0` }),
      tarEntry({ name: long.slice(0, 100), content: "long" }),
      tarEntry({ name: "./l", type: "2", link: "a" }),
      END_MARKER,
    ]);
    const entries = await entriesOf(bytes, pieceBytes);
    expect(entries.map(({ name, type, content }) => [name, type, content.length])).toEqual([
      ["./a", "file", 513],
      [long, "file", 4],
      ["./l", "symlink", 0],
    ]);
  });

  it("sees what tar-stream packed", async () => {
    const name = fc.stringMatching(/^[a-z]{1,40}(\/[a-z]{1,40}){0,2}$/);
    const files = fc.uniqueArray(fc.record({ name, content: fc.string() }), {
      selector: (file) => file.name,
    });
    await fc.assert(
      fc.asyncProperty(files, async (list) => {
        const packer = pack();
        for (const file of list) packer.entry({ name: file.name }, file.content);
        packer.finalize();
        const chunks: Buffer[] = [];
        for await (const chunk of packer) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
        const entries = await entriesOf(Buffer.concat(chunks));
        const seen = entries.map(({ name, content }) => ({
          name,
          content: Buffer.from(content, "latin1").toString("utf8"),
        }));
        expect(seen).toEqual(list);
      }),
      { numRuns: 100 },
    );
  });

  it("accepts what GNU tar lists without complaint", () => {
    const listing = execFileSync("tar", ["-tf", "-"], { input: dataTar(), encoding: "utf8" });
    expect(listing).toBe("./\n./usr/\n./usr/f\n");
  });

  it("lists what GNU tar lists, or refuses, whatever stands in the headers", async () => {
    const long = `./${"d/".repeat(60)}file`;
    const parts = [
      tarEntry({ name: "./usr/a", content: "x".repeat(600) }),
      tarEntry({ name: "././@LongLink", type: "L", content: `${long}\0` }),
      tarEntry({ name: long.slice(0, 100), content: tarEntry({ name: "./inner" }) }),
      tarEntry({ name: "b", prefix: "usr/lib", magic: "ustar\x0000" }),
    ];
    const values = fc.oneof(fc.nat(255), fc.constantFrom(0, 32, 0x2f, 0x30, 0x31, 0x35, 0x37, 0x4c, 0x80));
    // Type, size and magic decide most.
    const places = fc.oneof(fc.nat(511), fc.constantFrom(0, 99, 124, 131, 132, 134, 135, 156, 257, 263, 345));
    const edits = fc.array(fc.record({ part: fc.nat(3), at: places, value: values }), {
      minLength: 1,
      maxLength: 3,
    });
    // Numbers in binary that are larger than what they number.
    const examples = [100, 108, 116, 136].flatMap((at) =>
      [0x80, 0xff].map((value): [{ part: number; at: number; value: number }[]] => [
        [{ part: 0, at, value }],
      ]),
    );
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(edits, async (list) => {
        const bytes = Buffer.concat([...parts.map((part, index) => edited(part, index, list)), END_MARKER]);
        const entries = await entriesOf(bytes).catch((error: unknown) => error);
        // The listing is one name per line.
        if (!Array.isArray(entries) || entries.some((entry: TarEntry) => entry.name.includes("\n"))) return;
        accepted += 1;
        const args = ["-t", "--quoting-style=literal", "-f", "-"];
        const listing = execFileSync("tar", args, { input: bytes, stdio: "pipe" }).toString("latin1");
        const names = entries.map((entry: TarEntry) => `${entry.name.replace(/\/$/, "")}\n`);
        expect(listing.replace(/\/$/gm, "")).toBe(names.join(""));
      }),
      { numRuns: 150, examples },
    );
    expect(accepted).toBeGreaterThan(5);
  });

  it("ends with the visitor's error, while an entry starts and inside its content", async () => {
    const failure = new Error("enough");
    const fail = () => {
      throw failure;
    };
    async function* input() {
      yield dataTar();
    }
    await expect(readTar(input(), OPTIONS, fail)).rejects.toBe(failure);
    await expect(readTar(input(), OPTIONS, () => fail)).rejects.toBe(failure);
  });
});

describe("path names", () => {
  it("keep all bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(pathToBytes(bytesToPath(Buffer.from(bytes))).equals(Buffer.from(bytes))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("are plain text when they are UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const path = bytesToPath(Buffer.from(text, "utf8"));
        expect(path).toBe(text);
        expect(hasBadBytes(path)).toBe(false);
      }),
    );
  });

  it("show bad bytes between good characters", () => {
    const path = bytesToPath(
      Buffer.from("é🐧\xff\xc3z".replace("é🐧", "\xc3\xa9\xf0\x9f\x90\xa7"), "latin1"),
    );
    expect(path).toBe("é🐧\udcff\udcc3z");
    expect(hasBadBytes(path)).toBe(true);
    expect(showName(path)).toBe("é🐧\\xff\\xc3z");
    expect(showName("a\u001b[31m\u202e\n")).toBe("a\\x1b[31m\\u202e\\x0a");
  });

  it.each([
    ["./usr/bin/x", "usr/bin/x"],
    ["usr//./bin/", "usr/bin"],
    ["./", ""],
    ["./..x/x..", "..x/x.."],
  ])("%j becomes %j", (name, path) => {
    expect(cleanPath(name)).toEqual({ path });
  });

  it.each(["/", "/x", "..", "./..", "a/../b", "a\0", "a\nb", "a/.."])("refuses %j", (name) => {
    expect(cleanPath(name)).toHaveProperty("bad");
  });
});
