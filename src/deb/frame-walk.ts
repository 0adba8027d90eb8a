/**
 * Where packed data ends, found by its framing alone. What is fed to one decompressor in a row must not be able to
 * swallow what follows it (a block that claims to go on), so each piece is walked through first: it must end exactly
 * where its bytes end. Whether the content is right is for the decompressor to say.
 */

/**
 * Size of what one xz stream with LZMA2 blocks becomes (xz-file-format 1.1); undefined when the bytes are not exactly
 * one such stream.
 */
export function xzUnpackedBytes(bytes: Buffer): number | undefined {
  if (bytes.length < 2 * STREAM_BYTES || bytes.toString("latin1", 0, 6) !== "\xfd7zXZ\0") return undefined;
  const checkBytes = CHECK_BYTES[bytes[7] ?? -1];
  if (bytes[6] !== 0 || checkBytes === undefined) return undefined;
  const reader = createReader(bytes, STREAM_BYTES);
  let unpacked = 0;
  while (reader.peek() !== 0) {
    const size = readBlock(reader);
    if (size === undefined) return undefined;
    unpacked += size;
    reader.align();
    reader.skip(checkBytes);
    if (reader.over()) return undefined;
  }
  reader.skip(1);
  const records = reader.number();
  if (records > bytes.length) return undefined;
  for (let value = 0; value < 2 * records; value += 1) reader.number();
  reader.align();
  reader.skip(4 + STREAM_BYTES);
  return reader.at() === bytes.length && bytes.toString("latin1", bytes.length - 2) === "YZ"
    ? unpacked
    : undefined;
}

/** Most that one zstd frame can become (RFC 8878); undefined when the bytes are not exactly one frame. */
export function zstdMostBytes(bytes: Buffer): number | undefined {
  const descriptor = bytes[4] ?? 0;
  if (bytes.length < 9 || bytes.readUInt32LE(0) !== 0xfd2fb528 || (descriptor & 0x08) !== 0) return undefined;
  const isSingle = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? Number(isSingle) : 1 << sizeFlag;
  let at = 5 + Number(!isSingle) + dictionaryBytes + sizeBytes;
  let most = 0;
  for (let isLast = false; !isLast; ) {
    if (at + 3 > bytes.length) return undefined;
    const header = bytes.readUIntLE(at, 3);
    isLast = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    if (type === 3) return undefined;
    const size = header >> 3;
    at += 3 + (type === 1 ? 1 : size);
    most += type === 2 ? ZSTD_BLOCK_BYTES : size;
  }
  if ((descriptor & 0x04) !== 0) at += 4;
  return at === bytes.length ? most : undefined;
}

const ZSTD_BLOCK_BYTES = 128 * 1024;
const STREAM_BYTES = 12;
/** By check id: none, CRC32, CRC64, SHA-256; the ids between are reserved. */
const CHECK_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 4, 4: 8, 10: 32 };
const LZMA2 = 0x21;

interface Reader {
  at(): number;
  over(): boolean;
  peek(): number;
  skip(bytes: number): void;
  /** To the next multiple of four. */
  align(): void;
  byte(): number;
  /** Big-endian, two bytes. */
  word(): number;
  /** Seven bits a byte, lowest first (1.2). */
  number(): number;
}

/** Reads zeros behind the end, where `over` says so. */
function createReader(bytes: Buffer, start: number): Reader {
  let at = start;
  const byte = () => bytes[at++] ?? 0;
  return {
    at: () => at,
    over: () => at > bytes.length,
    peek: () => bytes[at] ?? 0,
    skip: (count) => {
      at += count;
    },
    align: () => {
      at = Math.ceil(at / 4) * 4;
    },
    byte,
    word: () => byte() * 256 + byte(),
    number: () => {
      let value = 0;
      for (let factor = 1, isLast = false; !isLast; factor *= 128) {
        const next = byte();
        value += (next & 0x7f) * factor;
        isLast = next < 0x80 || at > bytes.length;
      }
      return value;
    },
  };
}

/** Goes to the end of a block's packed data; what it becomes, or undefined. */
function readBlock(reader: Reader): number | undefined {
  const start = reader.at();
  const headerBytes = (reader.byte() + 1) * 4;
  const flags = reader.byte();
  // One filter and none of the reserved bits.
  if ((flags & 0x3f) !== 0) return undefined;
  if ((flags & 0x40) !== 0) reader.number();
  if ((flags & 0x80) !== 0) reader.number();
  if (reader.number() !== LZMA2) return undefined;
  reader.skip(start + headerBytes - reader.at());
  let unpacked = 0;
  while (!reader.over()) {
    const control = reader.byte();
    if (control === 0) return unpacked;
    if (control > 2 && control < 0x80) return undefined;
    if (control <= 2) {
      const size = reader.word() + 1;
      unpacked += size;
      reader.skip(size);
      continue;
    }
    unpacked += (control & 0x1f) * 65536 + reader.word() + 1;
    const packedBytes = reader.word() + 1;
    reader.skip(packedBytes + Number(control >= 0xc0));
  }
  return undefined;
}
