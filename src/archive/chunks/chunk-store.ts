import { createHash } from "node:crypto";
import { mkdir, open, readdir, rename, stat, utimes } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Exec, hasCode, exec as realExec, removeTree, temporaryName, unlinkIfPresent } from "#platform";
import { packTexts } from "./pack.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import type { Chunk, ChunkRef, ChunkStore } from "./types.ts";

export interface ChunkStoreDeps {
  /** Ours alone; made when needed. */
  readonly dir: string;
  readonly exec?: Exec;
}

/** How often use is noted in the modification time. */
const TOUCH_SECONDS = 86_400;

/** A text of the most bytes is one block of xz; far above what borders make. */
const BATCH_BYTES = 4 * 1024 * 1024;
/** Sizes of a batch stand in one argument of xz, and Linux allows 128 KiB for one. */
const BATCH_TEXTS = 4096;

const HEX = /^[0-9a-f]{64}$/;

/** Chunks below `<dir>/ab/<sha256>`, written under a private name and renamed. */
export function createChunkStore({ dir, exec = realExec }: ChunkStoreDeps): ChunkStore {
  const path = (sha256: string): string => {
    if (!HEX.test(sha256)) throw new Error(`not a SHA-256: ${sha256}`);
    return join(dir, sha256.slice(0, 2), sha256);
  };
  const load = (sha256: string) => readRecord(path(sha256), sha256);

  const keep = async (texts: ReadonlyMap<string, Buffer>, refs: Map<string, ChunkRef>): Promise<void> => {
    const forms = await packTexts(exec, dir, [...texts.values()]);
    for (const [i, [sha256, text]] of [...texts].entries()) {
      const packed = forms[i];
      if (packed === undefined) continue;
      await writeRecord(path(sha256), encodeRecord({ text, ...packed }, packed.xzUnpaddedBytes));
      const { gz, xz, xzUnpaddedBytes } = packed;
      refs.set(sha256, {
        sha256,
        textBytes: text.length,
        gzBytes: gz.length,
        xzBytes: xz.length,
        xzUnpaddedBytes,
      });
    }
  };

  return {
    async ensure(texts) {
      await mkdir(dir, { recursive: true });
      const names: string[] = [];
      const refs = new Map<string, ChunkRef>();
      const missing = new Map<string, Buffer>();
      for (const text of texts) {
        const sha256 = createHash("sha256").update(text).digest("hex");
        names.push(sha256);
        if (refs.has(sha256) || missing.has(sha256)) continue;
        const kept = text.length === 0 ? EMPTY : (await load(sha256))?.ref;
        if (kept === undefined) missing.set(sha256, text);
        else refs.set(sha256, kept);
        await setImmediate();
      }
      await inParallel(batches(missing), (batch) => keep(batch, refs));
      return names.map((sha256) => refs.get(sha256) ?? unreachable(sha256));
    },
    text: async (ref) => (ref.textBytes === 0 ? Buffer.alloc(0) : (await load(ref.sha256))?.text),
    read: async (ref) => (ref.textBytes === 0 ? EMPTY_CHUNK : await load(ref.sha256)),
    collect: (used, graceSeconds, now) => collect(dir, used, graceSeconds, now),
  };
}

/** No text needs neither member nor block: nothing to keep. */
const EMPTY: ChunkRef = {
  sha256: createHash("sha256").digest("hex"),
  textBytes: 0,
  gzBytes: 0,
  xzBytes: 0,
  xzUnpaddedBytes: 0,
};
const NOTHING = Buffer.alloc(0);
const EMPTY_CHUNK: Chunk = { ref: EMPTY, text: NOTHING, gz: NOTHING, xz: NOTHING };

function unreachable(sha256: string): never {
  throw new Error(`chunk ${sha256} was not packed`);
}

function batches(texts: ReadonlyMap<string, Buffer>): Map<string, Buffer>[] {
  const all: Map<string, Buffer>[] = [];
  let bytes = 0;
  for (const [sha256, text] of texts) {
    const last = all.at(-1);
    if (last === undefined || bytes + text.length > BATCH_BYTES || last.size === BATCH_TEXTS) {
      all.push(new Map([[sha256, text]]));
      bytes = text.length;
    } else {
      last.set(sha256, text);
      bytes += text.length;
    }
  }
  return all;
}

async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await run(item);
  };
  const width = Math.min(items.length, availableParallelism());
  await Promise.all(Array.from({ length: width }, worker));
}

async function writeRecord(path: string, record: readonly Buffer[]): Promise<void> {
  const temporary = temporaryName(path);
  await mkdir(dirname(path), { recursive: true });
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writev([...record]);
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlinkIfPresent(temporary);
    throw error;
  }
}

async function readRecord(path: string, sha256: string): Promise<Chunk | undefined> {
  try {
    const handle = await open(path, "r");
    try {
      const { size, mtimeMs } = await handle.stat();
      const buffer = Buffer.allocUnsafeSlow(size);
      const { bytesRead } = await handle.read(buffer, 0, size, 0);
      const now = Date.now();
      if (now - mtimeMs > TOUCH_SECONDS * 1000) await handle.utimes(now / 1000, now / 1000);
      return bytesRead === size ? decodeRecord(buffer, sha256) : undefined;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function collect(
  dir: string,
  used: ReadonlySet<string>,
  graceSeconds: number,
  now: Date,
): Promise<number> {
  const before = now.getTime() - (graceSeconds + TOUCH_SECONDS) * 1000;
  let removed = 0;
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory() && !entry.name.startsWith("xz-")) continue;
    if (used.has(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const { mtimeMs } = await stat(path);
    if (mtimeMs >= before) continue;
    await removeTree(path);
    if (HEX.test(entry.name)) removed++;
  }
  return removed;
}
