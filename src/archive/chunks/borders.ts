/** Average number of package names in a chunk of Packages; see README.md for the measurement. */
export const PACKAGES_NAMES_PER_CHUNK = 96;
/** Average number of source names in a chunk of Sources. */
export const SOURCES_NAMES_PER_CHUNK = 64;
/** Average number of lines in a chunk of Contents. */
export const CONTENTS_LINES_PER_CHUNK = 2048;

const NON_ASCII = /[^\0-\x7f]/;

/**
 * Whether a chunk starts at a key, on average every `averageKeysPerChunk` keys. It depends on the key alone: the same
 * keys are cut the same way whatever came and went before, and a change moves the borders next to it only.
 */
export function isBorder(key: string, averageKeysPerChunk: number): boolean {
  return hash(key) * averageKeysPerChunk < 0x1_0000_0000;
}

/**
 * Cuts sorted items into chunks: each starts with the first item, or with the first item of a border key. Items of
 * the same key stay together. No items, no chunks.
 */
export function splitAtBorders<T>(
  items: readonly T[],
  key: (item: T) => string,
  averageKeysPerChunk: number,
): { key: string; items: T[] }[] {
  const chunks: { key: string; items: T[] }[] = [];
  let last: string | undefined;
  let chunk: { key: string; items: T[] } | undefined;
  for (const item of items) {
    const own = key(item);
    if (chunk === undefined || (own !== last && isBorder(own, averageKeysPerChunk))) {
      chunk = { key: own, items: [] };
      chunks.push(chunk);
    }
    chunk.items.push(item);
    last = own;
  }
  return chunks;
}

/**
 * FNV-1a (32 bits) of the UTF-8 bytes, then the finalizer of MurmurHash3, as FNV alone mixes its last bytes badly:
 * names of a family (libfoo1, libfoo2) would all be borders or none. It must stay as it is for ever, or every chunk
 * of every archive is made again. SHA-256 would do as well at thirty times the price.
 */
function hash(key: string): number {
  let h = 0x811c9dc5;
  if (NON_ASCII.test(key)) {
    for (const byte of Buffer.from(key)) h = Math.imul(h ^ byte, 0x01000193);
  } else {
    for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
