import type { ChunkRef, ChunkStore, IndexForm } from "../chunks/index.ts";

/** A chunk of an index and the key it starts with. */
export interface ChunkEntry {
  readonly key: string;
  readonly ref: ChunkRef;
}

/** A chunk that was made anew and is not packed yet. */
export interface NewChunk {
  readonly key: string;
  readonly text: Buffer;
}

export type Draft = ChunkEntry | NewChunk;

/** Consecutive chunks, by their positions (`end` is not one of them), and the keys between which they lie. */
export interface ChunkRange {
  readonly start: number;
  readonly end: number;
  /** First key; undefined for the first chunk, which takes all keys before it. */
  readonly from: string | undefined;
  /** First key of the next chunk. */
  readonly until: string | undefined;
}

/**
 * The ranges of chunks that a change of keys touches. Chunk 0 takes all keys before its own. Where the key at a
 * border is touched it may disappear, and its chunk become part of the one before: that is touched too. So the first
 * key after a range is always a border that stays, and cutting the range anew gives what cutting everything would.
 */
export function touchedRanges(chunks: readonly ChunkEntry[], keys: Iterable<string>): ChunkRange[] {
  if (chunks.length === 0) return [{ start: 0, end: 0, from: undefined, until: undefined }];
  const touched = new Set<number>();
  for (const key of keys) {
    const at = positionOf(chunks, key);
    touched.add(at);
    if (at > 0 && chunks[at]?.key === key) touched.add(at - 1);
  }
  const ranges: ChunkRange[] = [];
  for (const at of [...touched].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    const start = last?.end === at ? (ranges.pop()?.start ?? at) : at;
    const from = start === 0 ? undefined : chunks[start]?.key;
    ranges.push({ start, end: at + 1, from, until: chunks[at + 1]?.key });
  }
  return ranges;
}

/** The chunk that has a key or would have it. */
function positionOf(chunks: readonly ChunkEntry[], key: string): number {
  let low = 0;
  let high = chunks.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((chunks[middle]?.key ?? "") <= key) low = middle;
    else high = middle;
  }
  return low;
}

/** Puts new chunks in the place of ranges. */
export function replaceRanges(
  chunks: readonly ChunkEntry[],
  replaced: readonly { readonly range: ChunkRange; readonly chunks: readonly NewChunk[] }[],
): Draft[] {
  const drafts: Draft[] = [];
  let at = 0;
  for (const { range, chunks: fresh } of replaced) {
    drafts.push(...chunks.slice(at, range.start), ...fresh);
    at = range.end;
  }
  drafts.push(...chunks.slice(at));
  return drafts;
}

/**
 * Packs what is new of all indices at once, and leaves the rest.
 * @param formsOf in which an index is asked for, by its path
 */
export async function packDrafts(
  store: ChunkStore,
  indices: ReadonlyMap<string, readonly Draft[]>,
  formsOf: (path: string) => readonly IndexForm[],
): Promise<Map<string, ChunkEntry[]>> {
  const fresh = [...indices].flatMap(([path, drafts]) =>
    drafts.flatMap((draft) => ("text" in draft ? [{ text: draft.text, forms: formsOf(path) }] : [])),
  );
  const texts = fresh.map(({ text }) => text);
  const refs = (
    texts.length === 0 ? [] : await store.ensure(texts, (position) => fresh[position]?.forms ?? [])
  ).values();
  const pack = (draft: Draft): ChunkEntry => {
    if (!("text" in draft)) return draft;
    const { value } = refs.next();
    if (value === undefined) throw new Error("a chunk was not packed");
    return { key: draft.key, ref: value };
  };
  return new Map([...indices].map(([path, drafts]) => [path, drafts.map(pack)]));
}

export function sameChunks(a: readonly ChunkEntry[], b: readonly ChunkEntry[]): boolean {
  return a.length === b.length && a.every(({ ref }, at) => ref.sha256 === b[at]?.ref.sha256);
}
