import { createHash } from "node:crypto";
import { closeSync, fstatSync, futimesSync, openSync, readSync } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  type Clock,
  type Exec,
  hasCode,
  inParallel,
  exec as realExec,
  systemClock,
  temporaryName,
  unlinkIfPresent,
} from "#platform";
import { collectChunks, isChunkName, shardOf, TOUCH_SECONDS } from "./collect.ts";
import { packTexts } from "./pack.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import type { Chunk, ChunkRef, ChunkStore, IndexForm, PackedForms } from "./types.ts";
import { writeAll } from "./write-all.ts";

export interface ChunkStoreDeps {
  /** Ours alone; made when needed. */
  readonly dir: string;
  readonly exec?: Exec;
  readonly clock?: Clock;
}

/** Text for one run of xz: so much that starting it costs next to nothing, and so little that processors share. */
const BATCH_BYTES = 1024 * 1024;
/** Sizes of a batch stand in one argument of xz, and Linux allows 128 KiB for one. */
const BATCH_TEXTS = 4096;

const ALL_FORMS: readonly IndexForm[] = ["gz", "xz"];

/** A text that is to be packed, in the forms that are asked for and not kept yet. */
interface Missing {
  readonly sha256: string;
  readonly text: Buffer;
  readonly wanted: Set<IndexForm>;
}

/** Chunks below `<dir>/ab/<sha256>`, written under a private name and renamed. */
export function createChunkStore({ dir, exec = realExec, clock = systemClock }: ChunkStoreDeps): ChunkStore {
  const path = (sha256: string): string => {
    if (!isChunkName(sha256)) throw new Error(`not a SHA-256: ${sha256}`);
    return join(dir, shardOf(sha256), sha256);
  };
  const load = (sha256: string): Chunk | undefined => {
    const record = readRecord(path(sha256), clock);
    return record === undefined ? undefined : decodeRecord(record, sha256);
  };

  /** Forms that are kept stay: an index of another sort may need them. */
  const pack = async (batch: readonly Missing[], refs: Map<string, ChunkRef>): Promise<void> => {
    const texts = batch.map(({ text, wanted }) => ({ text, gz: wanted.has("gz"), xz: wanted.has("xz") }));
    const packed = await packTexts(exec, dir, texts);
    for (const [i, { sha256, text }] of batch.entries()) {
      const forms = both(packed[i], refs.has(sha256) ? load(sha256) : undefined);
      await writeRecord(path(sha256), encodeRecord(sha256, text, forms));
      refs.set(sha256, refOf(sha256, text, forms));
    }
  };

  return {
    async ensure(texts, formsOf = () => ALL_FORMS) {
      await mkdir(dir, { recursive: true });
      const names: string[] = [];
      const refs = new Map([[EMPTY.sha256, EMPTY]]);
      const missing = new Map<string, Missing>();
      for (const [i, text] of texts.entries()) {
        const sha256 = createHash("sha256").update(text).digest("hex");
        names.push(sha256);
        if (text.length === 0) continue;
        const one = missing.get(sha256);
        const kept = refs.get(sha256) ?? (one === undefined ? load(sha256)?.ref : undefined);
        if (kept !== undefined) refs.set(sha256, kept);
        const wanted = formsOf(i).filter((form) => !hasForm(kept, form));
        if (one !== undefined) for (const form of wanted) one.wanted.add(form);
        else if (kept === undefined || wanted.length > 0)
          missing.set(sha256, { sha256, text, wanted: new Set(wanted) });
        await setImmediate();
      }
      await inParallel(batches([...missing.values()]), (batch) => pack(batch, refs));
      return names.map((sha256) => refs.get(sha256) ?? unreachable(sha256));
    },
    text: async (ref) => (ref.textBytes === 0 ? NOTHING : load(ref.sha256)?.text),
    read: async (ref) => (ref.textBytes === 0 ? EMPTY_CHUNK : load(ref.sha256)),
    collect: (used, graceSeconds, now) => collectChunks(dir, used, graceSeconds, now),
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

function hasForm(kept: ChunkRef | undefined, form: IndexForm): boolean {
  if (kept === undefined) return form === "plain";
  return form === "plain" || (form === "gz" ? kept.gzBytes : kept.xzBytes) > 0;
}

function both(packed: PackedForms | undefined, kept: Chunk | undefined): PackedForms {
  const gz = packed?.gz ?? kept?.gz;
  if (packed?.xz !== undefined) return { gz, xz: packed.xz, xzUnpaddedBytes: packed.xzUnpaddedBytes };
  return { gz, xz: kept?.xz, xzUnpaddedBytes: kept?.ref.xzUnpaddedBytes ?? 0 };
}

function refOf(sha256: string, text: Buffer, { gz, xz, xzUnpaddedBytes }: PackedForms): ChunkRef {
  return {
    sha256,
    textBytes: text.length,
    gzBytes: gz?.length ?? 0,
    xzBytes: xz?.length ?? 0,
    xzUnpaddedBytes,
  };
}

function batches(missing: readonly Missing[]): Missing[][] {
  const all: Missing[][] = [];
  let bytes = 0;
  for (const one of missing) {
    const last = all.at(-1);
    if (last === undefined || bytes + one.text.length > BATCH_BYTES || last.length === BATCH_TEXTS) {
      all.push([one]);
      bytes = one.text.length;
    } else {
      last.push(one);
      bytes += one.text.length;
    }
  }
  return all;
}

async function writeRecord(path: string, record: readonly Buffer[]): Promise<void> {
  const temporary = temporaryName(path);
  await mkdir(dirname(path), { recursive: true });
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      await writeAll(handle, record);
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlinkIfPresent(temporary);
    throw error;
  }
}

/**
 * Undefined when there is none. Notes the use of one that was not used for a day. Read without leaving the thread: a
 * record is in the page cache and takes 0.05 ms, and each of the four calls by way of the pool of threads as much.
 */
function readRecord(path: string, clock: Clock): Buffer | undefined {
  const file = openIfPresent(path);
  if (file === undefined) return undefined;
  try {
    const { size, mtimeMs } = fstatSync(file);
    const record = Buffer.allocUnsafeSlow(size);
    const bytesRead = readSync(file, record, 0, size, 0);
    const now = clock.now();
    if (now.getTime() - mtimeMs > TOUCH_SECONDS * 1000) futimesSync(file, now, now);
    return record.subarray(0, bytesRead);
  } finally {
    closeSync(file);
  }
}

function openIfPresent(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
