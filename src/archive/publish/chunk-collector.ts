import { type ChunkRef, type ChunkStore, isBorder } from "../chunks/index.ts";
import type { ChunkEntry } from "./drafts.ts";
import type { IndexRule } from "./index-rules.ts";

/** Text of chunks that wait to be packed. */
const PENDING_BYTES = 8 * 1024 * 1024;

/** Makes indices from keys that come in order, in bounded memory: full chunks are packed some mebibytes at a time. */
export interface ChunkCollector {
  /** Text of the next key of an index. @param encoding latin1 for lines of Contents */
  add(rule: IndexRule, key: string, text: string): void;
  /** To be called often. */
  drain(): Promise<void>;
  /** All chunks, by path of the index. */
  finish(): Promise<Map<string, ChunkEntry[]>>;
}

interface OpenChunk {
  readonly key: string;
  readonly pieces: string[];
}

interface Waiting {
  readonly path: string;
  readonly position: number;
  readonly key: string;
  readonly text: Buffer;
}

export function createChunkCollector(
  store: ChunkStore,
  rules: readonly IndexRule[],
  encoding: "utf8" | "latin1",
): ChunkCollector {
  const open = new Map<string, OpenChunk>();
  const closed = new Map(rules.map(({ path }) => [path, 0]));
  const done = new Map<string, ChunkEntry[]>(rules.map(({ path }) => [path, []]));
  let waiting: Waiting[] = [];
  let waitingBytes = 0;

  const close = (path: string, { key, pieces }: OpenChunk) => {
    const text = Buffer.from(pieces.join(""), encoding);
    const position = closed.get(path) ?? 0;
    closed.set(path, position + 1);
    waiting.push({ path, position, key, text });
    waitingBytes += text.length;
  };
  const forms = new Map(rules.map((rule) => [rule.path, rule.forms]));
  const flush = async () => {
    const batch = waiting;
    waiting = [];
    waitingBytes = 0;
    if (batch.length === 0) return;
    const refs = await store.ensure(
      batch.map(({ text }) => text),
      (position) => forms.get(batch[position]?.path ?? "") ?? [],
    );
    for (const [i, { path, position, key }] of batch.entries()) {
      const ref: ChunkRef | undefined = refs[i];
      const entries = done.get(path);
      if (ref !== undefined && entries !== undefined) entries[position] = { key, ref };
    }
  };

  return {
    add(rule, key, text) {
      if (text === "") return;
      let chunk = open.get(rule.path);
      if (chunk === undefined || isBorder(key, rule.keysPerChunk)) {
        if (chunk !== undefined) close(rule.path, chunk);
        chunk = { key, pieces: [] };
        open.set(rule.path, chunk);
      }
      chunk.pieces.push(text);
    },
    async drain() {
      if (waitingBytes >= PENDING_BYTES) await flush();
    },
    async finish() {
      for (const [path, chunk] of open) close(path, chunk);
      open.clear();
      await flush();
      return done;
    },
  };
}
