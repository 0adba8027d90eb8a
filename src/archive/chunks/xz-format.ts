import { crc32 } from "node:zlib";

// The .xz file format 1.1.0 (https://tukaani.org/xz/xz-file-format.txt): a stream is a header, blocks, an index that
// lists their sizes, and a footer that leads to the index. apt of Debian 12 reads the first stream of a file only,
// but all of its blocks.

/** What the index of a stream says about a block. */
export interface XzBlock {
  /** Without the padding to a multiple of four bytes. */
  readonly unpaddedBytes: number;
  readonly textBytes: number;
}

/** A block and what is to be said of it in an index. */
export interface XzTaken extends XzBlock {
  /** With its padding. */
  readonly block: Buffer;
}

/** No reserved flag, check type 4: CRC64. */
const FLAGS = Buffer.from([0, 4]);
const HEADER_BYTES = 12;
const FOOTER_BYTES = 12;
const HEADER_MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]);
const FOOTER_MAGIC = Buffer.from("YZ");

/** Section 2.1.1. */
export const XZ_STREAM_HEADER: Buffer = Buffer.concat([HEADER_MAGIC, FLAGS, crcOf(FLAGS)]);

function paddedBytes(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

/** Index (section 4) and footer (2.1.2) of a stream of these blocks. */
export function xzStreamEnd(blocks: readonly XzBlock[]): Buffer {
  const bytes: number[] = [0];
  pushInteger(bytes, blocks.length);
  for (const { unpaddedBytes, textBytes } of blocks) {
    pushInteger(bytes, unpaddedBytes);
    pushInteger(bytes, textBytes);
  }
  while (bytes.length % 4 !== 0) bytes.push(0);
  const index = Buffer.from(bytes);
  const lead = Buffer.alloc(6);
  lead.writeUInt32LE((index.length + 4) / 4 - 1);
  FLAGS.copy(lead, 4);
  return Buffer.concat([index, crcOf(index), crcOf(lead), lead, FOOTER_MAGIC]);
}

/**
 * Takes a file of one stream apart: its blocks with their padding, as views of the file.
 * @throws Error when it is anything but one whole stream with CRC64 checks
 */
export function takeApart(file: Buffer): XzTaken[] {
  const end = file.length - FOOTER_BYTES;
  if (end < HEADER_BYTES || !file.subarray(0, HEADER_BYTES).equals(XZ_STREAM_HEADER))
    throw new Error("no stream header");
  const indexBytes = (file.readUInt32LE(end + 4) + 1) * 4;
  const indexStart = end - indexBytes;
  if (indexStart < HEADER_BYTES) throw new Error("no stream footer");
  const blocks = parseIndex(file.subarray(indexStart, end));
  if (!file.subarray(indexStart).equals(xzStreamEnd(blocks))) throw new Error("the index is damaged");
  let position = HEADER_BYTES;
  const taken = blocks.map((block) => {
    const start = position;
    position += paddedBytes(block.unpaddedBytes);
    return { ...block, block: file.subarray(start, position) };
  });
  if (position !== indexStart) throw new Error("the blocks do not fill the stream");
  return taken;
}

function parseIndex(index: Buffer): XzBlock[] {
  const position = { at: 1 };
  const count = readInteger(index, position);
  if (count > index.length) throw new Error("the index is damaged");
  return Array.from({ length: count }, () => ({
    unpaddedBytes: readInteger(index, position),
    textBytes: readInteger(index, position),
  }));
}

/** Section 1.2: seven bits a byte, lowest first; sums, not shifts, as a file may be above 2 GiB. */
function pushInteger(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
}

function readInteger(bytes: Buffer, position: { at: number }): number {
  let value = 0;
  for (let factor = 1; ; factor *= 0x80) {
    const byte = bytes[position.at++];
    if (byte === undefined || factor > Number.MAX_SAFE_INTEGER) throw new Error("the index is damaged");
    value += (byte % 0x80) * factor;
    if (byte < 0x80) return value;
  }
}

function crcOf(bytes: Buffer): Buffer {
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(crc32(bytes));
  return crc;
}
