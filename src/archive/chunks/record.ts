import { crc32 } from "node:zlib";
import type { Chunk, PackedForms } from "./types.ts";

const MAGIC = 0x4d_42_44_43;
/** To be raised with every change of this layout or of how texts are packed: other versions count as lost. */
const VERSION = 2;
const HEADER_BYTES = 32;
const CHECKSUM_AT = HEADER_BYTES - 4;

/**
 * A kept chunk as a file: a header (all numbers of 32 bits, big endian: magic "MBDC", version, bytes of text, of
 * gzip member, of padded xz block, of unpadded xz block, zero, CRC32 of the name, of all before and of the rest), then
 * text, member and block. Files are not synced, they are a cache: after a power cut one may be empty, short, or full
 * of zeros. CRC32 notices these and a file under another's name, at a tenth of the price of hashing the text again;
 * it is no defence against people, but whoever may write here may write the published files too.
 */
export function encodeRecord(sha256: string, text: Buffer, packed: PackedForms): Buffer[] {
  const { gz = NOTHING, xz = NOTHING, xzUnpaddedBytes } = packed;
  const header = Buffer.alloc(HEADER_BYTES);
  const numbers = [MAGIC, VERSION, text.length, gz.length, xz.length, xzUnpaddedBytes, 0];
  for (const [i, number] of numbers.entries()) header.writeUInt32BE(number, i * 4);
  const body = [text, gz, xz];
  header.writeUInt32BE(checksum(sha256, header, body), CHECKSUM_AT);
  return [header, ...body];
}

const NOTHING = Buffer.alloc(0);

/** Reads a record, as views of it; undefined when it is not whole. `sha256` is the name it was found under. */
export function decodeRecord(record: Buffer, sha256: string): Chunk | undefined {
  if (record.length < HEADER_BYTES) return undefined;
  const field = (i: number): number => record.readUInt32BE(i * 4);
  if (field(0) !== MAGIC || field(1) !== VERSION) return undefined;
  const [textBytes, gzBytes, xzBytes] = [field(2), field(3), field(4)];
  if (record.length !== HEADER_BYTES + textBytes + gzBytes + xzBytes) return undefined;
  const body = record.subarray(HEADER_BYTES);
  if (checksum(sha256, record, [body]) !== record.readUInt32BE(CHECKSUM_AT)) return undefined;
  return {
    ref: { sha256, textBytes, gzBytes, xzBytes, xzUnpaddedBytes: field(5) },
    text: body.subarray(0, textBytes),
    gz: gzBytes === 0 ? undefined : body.subarray(textBytes, textBytes + gzBytes),
    xz: xzBytes === 0 ? undefined : body.subarray(textBytes + gzBytes),
  };
}

function checksum(sha256: string, header: Buffer, body: readonly Buffer[]): number {
  const start = crc32(header.subarray(0, CHECKSUM_AT), crc32(sha256));
  return body.reduce((sum, part) => crc32(part, sum), start);
}
