import { createHash } from "node:crypto";
import { constants, createReadStream, statSync, unlinkSync, utimesSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { type BlobBatch, createBlobBatch } from "./blob-batch.ts";
import { MbdError } from "./errors.ts";
import { exec } from "./exec.ts";
import { hasCode, linkIfAbsent, statOrUndefined, syncDir, temporaryName, unlinkIfPresent } from "./files.ts";

export interface Blob {
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface PutOptions {
  /** Refuse (`too_large`) when the stream is longer than this. */
  readonly maxBytes?: number;
  /** What the error calls it. */
  readonly name?: string;
  /** What a list says of it: nothing else is stored (`file_mismatch`, `too_large`). */
  readonly expected?: Blob & { readonly list: string };
}

/**
 * Content-addressed files below one directory (`<dir>/ab/<sha256>`): written under a private name, synced, then
 * renamed, so a blob that exists is whole. Blobs are read only; other places (pool, work directories) hard-link them.
 * Storing what is there already renews its modification time: a blob that nobody needs may go only when it was not
 * stored for a while, as a row that needs it may be about to be written.
 */
export interface BlobStore {
  /** Stores a stream while hashing it. */
  put(input: Readable, options?: PutOptions): Promise<Blob>;
  /**
   * Stores the content of a file by copy. It must be a plain one: whoever could write to its directory may have put a
   * link, a device or a pipe there. @throws MbdError no_plain_file
   */
  putFile(path: string, options?: PutOptions): Promise<Blob>;
  path(sha256: string): string;
  has(sha256: string): Promise<boolean>;
  /** Gives a blob a further name; false when that name exists already. */
  linkTo(sha256: string, path: string): Promise<boolean>;
  /** Hashes the blob again and says whether it is what its name claims. */
  verify(blob: Blob): Promise<boolean>;
  /** Removes a blob; names linked elsewhere stay. */
  remove(sha256: string): Promise<void>;
  /** Makes a blob as young as one just stored; false when there is none. */
  touch(sha256: string): boolean;
  /**
   * Removes a blob that was neither stored nor touched since; its size, or undefined when it stays. Nobody can store
   * it between the look and the removal (both are one step of this process, and a home has only one).
   */
  removeUnused(sha256: string, since: Date): number | undefined;
  /** To store many at once. */
  batch(): BlobBatch;
}

const HEX = /^[0-9a-f]{64}$/;

export function createBlobStore(dir: string): BlobStore {
  const path = (sha256: string): string => {
    if (!HEX.test(sha256)) throw new Error(`not a SHA-256: ${sha256}`);
    return join(dir, sha256.slice(0, 2), sha256);
  };

  const put = async (input: Readable, options: PutOptions = {}): Promise<Blob> => {
    await mkdir(dir, { recursive: true });
    const temporary = temporaryName(join(dir, "incoming"));
    try {
      const blob = await writeHashed(input, temporary, options);
      checkExpected(blob, options);
      const target = path(blob.sha256);
      if (!touchFile(target)) {
        await mkdir(dirname(target), { recursive: true });
        await rename(temporary, target);
        await syncDir(dirname(target));
        await syncDir(dir);
      }
      return blob;
    } finally {
      await unlinkIfPresent(temporary);
    }
  };

  return {
    put,
    async putFile(file, options) {
      const handle = await openPlainFile(file);
      try {
        return await put(handle.createReadStream({ autoClose: false }), { name: basename(file), ...options });
      } finally {
        await handle.close();
      }
    },
    path,
    has: async (sha256) => (await statOrUndefined(path(sha256))) !== undefined,
    linkTo: (sha256, name) => linkIfAbsent(path(sha256), name),
    async verify(blob) {
      const file = path(blob.sha256);
      if ((await stat(file)).size !== blob.sizeBytes) return false;
      return (await hashFile(file)).sha256 === blob.sha256;
    },
    remove: (sha256) => unlinkIfPresent(path(sha256)),
    touch: (sha256) => touchFile(path(sha256)),
    removeUnused: (sha256, since) => removeOldFile(path(sha256), since),
    batch: () =>
      createBlobBatch({
        dir,
        pathOf: path,
        touch: touchFile,
        exec,
        writeHashed: (input, file, options) => writeHashed(input, file, options, false),
      }),
  };
}

/** Opens a file for reading, following no link in its last place and waiting for no pipe. @throws MbdError no_plain_file */
async function openPlainFile(path: string): Promise<FileHandle> {
  const refusal = new MbdError("no_plain_file", { file: basename(path) });
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    // A link; a socket, or a device without a driver.
    throw hasCode(error, "ELOOP") || hasCode(error, "ENXIO") ? refusal : error;
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw refusal;
}

function checkExpected({ sha256 }: Blob, { expected, name = "The file" }: PutOptions): void {
  if (expected === undefined || expected.sha256 === sha256) return;
  const reason = `its SHA256 is ${sha256}, not ${expected.sha256}`;
  throw new MbdError("file_mismatch", { file: name, changes: expected.list, reason });
}

/** Renews the modification time of a file; false when it is not there. One step, see `removeOldFile`. */
export function touchFile(path: string): boolean {
  try {
    const now = Date.now() / 1000;
    utimesSync(path, now, now);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

/** Removes a file whose content is from before `since`; its size, or undefined when it stays, or is gone. One step. */
export function removeOldFile(path: string, since: Date): number | undefined {
  try {
    const { mtimeMs, size } = statSync(path);
    if (mtimeMs >= since.getTime()) return undefined;
    unlinkSync(path);
    return size;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** SHA-256 and size of a file, read as a stream. */
export async function hashFile(path: string): Promise<Blob> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sha256: hash.digest("hex"), sizeBytes };
}

async function writeHashed(input: Readable, path: string, options: PutOptions, sync = true): Promise<Blob> {
  const hash = createHash("sha256");
  const maxBytes = options.expected?.sizeBytes ?? options.maxBytes ?? Number.POSITIVE_INFINITY;
  let sizeBytes = 0;
  const handle = await open(path, "wx", 0o444);
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes)
        throw new MbdError("too_large", { what: options.name ?? "The file", limit: maxBytes });
      hash.update(chunk);
      await handle.write(chunk);
    }
    if (sync) await handle.sync();
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest("hex"), sizeBytes };
}
