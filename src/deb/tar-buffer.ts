import { createTarFrame, entrySize, type TarFrameOptions } from "./tar-frame.ts";
import type { TarEntry, TarVisitor } from "./tar-read.ts";

const BLOCK = 512;

const KINDS: Readonly<Record<string, TarEntry["type"]>> = {
  "\0": "file",
  "0": "file",
  "1": "link",
  "2": "symlink",
  "3": "device",
  "4": "device",
  "5": "directory",
  "6": "fifo",
};

/**
 * Reads a whole tar archive in memory; the same as `readTar` without streams, whose cost for thousands of small
 * archives is many times that of reading them. Throws what `options.fail` makes, or the visitor throws.
 */
export function readTarBuffer(bytes: Buffer, options: TarFrameOptions, visit: TarVisitor): void {
  const frame = createTarFrame(options);
  frame.push(bytes);
  frame.end();
  let longName: string | undefined;
  let longLink: string | undefined;
  // The frame is right: entries follow one another up to a block of zeros.
  for (let at = 0; bytes[at] !== 0; ) {
    const block = bytes.subarray(at, at + BLOCK);
    const sizeBytes = entrySize(block, options);
    const body = bytes.subarray(at + BLOCK, at + BLOCK + sizeBytes);
    at += BLOCK + Math.ceil(sizeBytes / BLOCK) * BLOCK;
    const type = block.toString("latin1", 156, 157);
    if (type === "L") longName = textOf(body, 0, body.length);
    else if (type === "K") longLink = textOf(body, 0, body.length);
    else {
      const entry = toEntry(block, { type, sizeBytes, longName, longLink }, options);
      longName = undefined;
      longLink = undefined;
      const take = visit(entry);
      if (take !== undefined && body.length > 0) take(body);
    }
  }
}

interface Header {
  readonly type: string;
  readonly sizeBytes: number;
  readonly longName: string | undefined;
  readonly longLink: string | undefined;
}

function toEntry(block: Buffer, header: Header, options: TarFrameOptions): TarEntry {
  const { type, sizeBytes, longName, longLink } = header;
  const name = longName ?? nameOf(block);
  const linkName = longLink ?? (block[157] === 0 ? null : textOf(block, 157, 257));
  const kind = KINDS[type];
  if (kind === undefined) throw options.fail("has an entry of a type that dpkg does not know");
  // v7 archives have no type for directories. dpkg does not skip what such an entry holds, GNU tar does.
  const isDirectory = kind === "file" && name.endsWith("/");
  if (isDirectory && sizeBytes > 0) throw options.fail("has a link, device or directory with content");
  return { name, type: isDirectory ? "directory" : kind, linkName, sizeBytes };
}

/** With the prefix of POSIX archives; GNU's have other things in its place. */
function nameOf(block: Buffer): string {
  const name = textOf(block, 0, 100);
  const isPosix = block.toString("latin1", 257, 263) === "ustar\0";
  return isPosix && block[345] !== 0 ? `${textOf(block, 345, 500)}/${name}` : name;
}

function textOf(bytes: Buffer, start: number, end: number): string {
  const nul = bytes.indexOf(0, start);
  return bytes.toString("latin1", start, nul === -1 || nul > end ? end : nul);
}
