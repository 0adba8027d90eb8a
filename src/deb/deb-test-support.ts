import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** For tests: makes packages by hand, so that each byte can be wrong, or with dpkg-deb. */

const BLOCK = 512;

/** One ar member; the other values replace those of a right header. */
export interface ArPart {
  readonly name: string;
  readonly bytes: Buffer;
  readonly size?: string;
  readonly date?: string;
  readonly mode?: string;
  readonly magic?: string;
  readonly padding?: string;
}

export function arFile(parts: readonly ArPart[], signature = "!<arch>\n"): Buffer {
  const members = parts.map((part) => {
    const header =
      part.name.padEnd(16) +
      (part.date ?? "0").padEnd(12) +
      "0".padEnd(6).repeat(2) +
      (part.mode ?? "100644").padEnd(8) +
      (part.size ?? String(part.bytes.length)).padEnd(10) +
      (part.magic ?? "`\n");
    const padding = part.bytes.length % 2 === 1 ? (part.padding ?? "\n") : "";
    return Buffer.concat([Buffer.from(header, "latin1"), part.bytes, Buffer.from(padding)]);
  });
  return Buffer.concat([Buffer.from(signature), ...members]);
}

/** One tar entry; `patch` changes the header before, `spoil` after its checksum is made. */
export interface TarPart {
  readonly name: string | Buffer;
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly link?: string;
  readonly size?: string | Buffer;
  readonly prefix?: string;
  readonly magic?: string;
  readonly patch?: (header: Buffer) => void;
  readonly spoil?: (header: Buffer) => void;
}

export function tarEntry(part: TarPart): Buffer {
  const content = Buffer.from(part.content ?? "");
  const header = Buffer.alloc(BLOCK);
  const put = (value: string | Buffer, at: number) => Buffer.from(value).copy(header, at);
  put(part.name, 0);
  put("0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  put(part.size ?? `${content.length.toString(8).padStart(11, "0")}\0`, 124);
  put("00000000000\0", 136);
  put(part.type ?? "0", 156);
  put(part.link ?? "", 157);
  put(part.magic ?? "ustar  \0", 257);
  put(part.prefix ?? "", 345);
  part.patch?.(header);
  put("        ", 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  part.spoil?.(header);
  return Buffer.concat([header, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

export const END_MARKER = Buffer.alloc(2 * BLOCK);

export function tarFile(...parts: TarPart[]): Buffer {
  return Buffer.concat([...parts.map(tarEntry), END_MARKER]);
}

export const CONTROL = [
  "Package: hello",
  "Version: 1:2.10-3",
  "Architecture: amd64",
  "Maintainer: Jo Doe <jo@example.org>",
  "Description: greets",
  " A longer text.",
  "",
].join("\n");

export const VERSION_PART: ArPart = { name: "debian-binary", bytes: Buffer.from("2.0\n") };

export function controlTar(...more: TarPart[]): Buffer {
  return tarFile({ name: "./", type: "5" }, { name: "./control", content: CONTROL }, ...more);
}

export function dataTar(...more: TarPart[]): Buffer {
  return tarFile(
    { name: "./", type: "5" },
    { name: "./usr/", type: "5" },
    { name: "./usr/f", content: "hi" },
    ...more,
  );
}

/** A package of three members, unpacked tars given as bytes and packed with gzip. */
export function debOf(parts: { control?: Buffer; data?: Buffer } = {}): Buffer {
  return arFile([
    VERSION_PART,
    { name: "control.tar.gz", bytes: gzipSync(parts.control ?? controlTar()) },
    { name: "data.tar.gz", bytes: gzipSync(parts.data ?? dataTar()) },
  ]);
}

/** Packs bytes with a tool: `packed("xz", bytes)`. */
export function packed(program: "xz" | "zstd" | "bzip2" | "lzma", bytes: Buffer): Buffer {
  return execFileSync(program, ["-1", "-c"], { input: bytes, maxBuffer: 1024 ** 3 });
}

/** A temporary directory and `dpkg-deb -b` in it; `remove` deletes all. */
export function createDebBuilder() {
  const directory = mkdtempSync(join(tmpdir(), "mbd-deb-"));
  const tree = join(directory, "tree");
  mkdirSync(join(tree, "DEBIAN"), { recursive: true, mode: 0o755 });
  writeFileSync(join(tree, "DEBIAN", "control"), CONTROL);
  return {
    directory,
    tree,
    /** Writes a file below the tree; the path may be bytes. */
    write: (path: string | Buffer, content: string) => {
      const bytes = Buffer.concat([Buffer.from(`${tree}/`), Buffer.from(path)]);
      mkdirSync(bytes.subarray(0, bytes.lastIndexOf("/")), { recursive: true });
      writeFileSync(bytes, content);
    },
    /** Builds the package, returns its path. */
    build: (compression: "gzip" | "xz" | "zstd" | "none", ending = "deb"): string => {
      const path = join(directory, `hello_2.10-3_amd64-${compression}.${ending}`);
      execFileSync("dpkg-deb", ["--root-owner-group", "-b", `-Z${compression}`, tree, path], {
        stdio: "pipe",
      });
      return path;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
