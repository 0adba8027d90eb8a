import { createHash, type Hash } from "node:crypto";
import { open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { WeakSums } from "../compress.ts";
import type { Digests } from "../release-file.ts";
import { ChunkLost, type ChunkRef, type ChunkStore, type IndexForm } from "./types.ts";
import { writeAll } from "./write-all.ts";
import { XZ_STREAM_HEADER, type XzBlock, xzStreamEnd } from "./xz-format.ts";

/** Gathered before a write. */
const WINDOW_BYTES = 512 * 1024;

/** Text of which others have to wait for the end; about 2 ms. */
const TURN_BYTES = 1024 * 1024;

/** A gzip file has at least one member. */
const EMPTY_GZIP = gzipSync("", { level: 9 });

/**
 * Writes `<path>`, `<path>.gz` and `<path>.xz`, those in `forms`, from kept chunks in their order: members of gzip one
 * after the other, one stream of xz with a block for each chunk. The files must not be there yet; they are synced,
 * their directory is not. Nothing is left behind but by an error, when the caller throws the directory away.
 * Returns the sums of each form, and of the plain text in any case, as Release names it.
 * @throws ChunkLost when one is not kept, or not in a form that is asked for
 */
export async function assembleIndex(
  store: ChunkStore,
  refs: readonly ChunkRef[],
  path: string,
  forms: readonly IndexForm[],
  weak: WeakSums,
): Promise<{ plain: Digests; gz?: Digests; xz?: Digests }> {
  const plain = await createOutput(forms.includes("plain") ? path : undefined, weak);
  const gz = forms.includes("gz") ? await createOutput(`${path}.gz`, weak) : undefined;
  const xz = forms.includes("xz") ? await createOutput(`${path}.xz`, weak) : undefined;
  const outputs = [plain, gz, xz].filter((output) => output !== undefined);
  try {
    const blocks: XzBlock[] = [];
    await xz?.add(XZ_STREAM_HEADER);
    let sinceTurn = 0;
    for (const wanted of refs) {
      const chunk = (await store.read(wanted)) ?? lost(wanted);
      const { ref } = chunk;
      if (ref.textBytes === 0) continue;
      await plain.add(chunk.text);
      await gz?.add(chunk.gz ?? lost(ref));
      await xz?.add(chunk.xz ?? lost(ref));
      blocks.push({ unpaddedBytes: ref.xzUnpaddedBytes, textBytes: ref.textBytes });
      sinceTurn += ref.textBytes;
      if (sinceTurn < TURN_BYTES) continue;
      sinceTurn = 0;
      await setImmediate();
    }
    if (blocks.length === 0) await gz?.add(EMPTY_GZIP);
    await xz?.add(xzStreamEnd(blocks));
    await Promise.all(outputs.map((output) => output.finish()));
  } finally {
    await Promise.all(outputs.map((output) => output.close()));
  }
  return {
    plain: plain.digests(),
    ...(gz === undefined ? {} : { gz: gz.digests() }),
    ...(xz === undefined ? {} : { xz: xz.digests() }),
  };
}

function lost({ sha256 }: ChunkRef): never {
  throw new ChunkLost(sha256);
}

interface Output {
  add(piece: Buffer): Promise<void>;
  finish(): Promise<void>;
  close(): Promise<void>;
  digests(): Digests;
}

/** Sums of all pieces, and a file of them where there is a path. */
async function createOutput(path: string | undefined, weak: WeakSums): Promise<Output> {
  const handle = path === undefined ? undefined : await open(path, "wx", 0o644);
  const sums: { sha256: Hash; md5?: Hash; sha1?: Hash } = {
    sha256: createHash("sha256"),
    ...(weak.md5 ? { md5: createHash("md5") } : {}),
    ...(weak.sha1 ? { sha1: createHash("sha1") } : {}),
  };
  let sizeBytes = 0;
  let gathered: Buffer[] = [];
  let gatheredBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  /** Begins a write when the one before has ended: hashing goes on meanwhile. */
  const flush = async (): Promise<void> => {
    const pieces = gathered;
    gathered = [];
    gatheredBytes = 0;
    await writing;
    if (handle === undefined) return;
    writing = writeAll(handle, pieces);
    // Told to whoever waits for it next.
    writing.catch(() => undefined);
  };
  return {
    async add(piece) {
      sizeBytes += piece.length;
      for (const sum of Object.values(sums)) sum.update(piece);
      if (handle === undefined) return;
      gathered.push(piece);
      gatheredBytes += piece.length;
      if (gatheredBytes >= WINDOW_BYTES) await flush();
    },
    async finish() {
      await flush();
      await writing;
      await handle?.datasync();
    },
    async close() {
      await Promise.allSettled([writing]);
      await handle?.close();
    },
    digests: () => ({
      sizeBytes,
      sha256: sums.sha256.digest("hex"),
      ...(sums.md5 === undefined ? {} : { md5: sums.md5.digest("hex") }),
      ...(sums.sha1 === undefined ? {} : { sha1: sums.sha1.digest("hex") }),
    }),
  };
}
