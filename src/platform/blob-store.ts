import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { type BlobBatch, createBlobBatch } from "./blob-batch.ts";
import { MbdError } from "./errors.ts";
import { exec } from "./exec.ts";
import { linkIfAbsent, statOrUndefined, syncDir, temporaryName, unlinkIfPresent } from "./files.ts";

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
}

/**
 * Content-addressed files below one directory (`<dir>/ab/<sha256>`): written under a private name, synced, then
 * renamed, so a blob that exists is whole. Blobs are read only; other places (pool, work directories) hard-link them.
 */
export interface BlobStore {
  /** Stores a stream while hashing it. */
  put(input: Readable, options?: PutOptions): Promise<Blob>;
  /** Stores the content of a file of ours by copy. */
  putFile(path: string, options?: PutOptions): Promise<Blob>;
  path(sha256: string): string;
  has(sha256: string): Promise<boolean>;
  /** Gives a blob a further name; false when that name exists already. */
  linkTo(sha256: string, path: string): Promise<boolean>;
  /** Hashes the blob again and says whether it is what its name claims. */
  verify(blob: Blob): Promise<boolean>;
  /** Removes a blob; names linked elsewhere stay. */
  remove(sha256: string): Promise<void>;
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
      const target = path(blob.sha256);
      if ((await statOrUndefined(target)) === undefined) {
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
    putFile: (file, options) => put(createReadStream(file), options),
    path,
    has: async (sha256) => (await statOrUndefined(path(sha256))) !== undefined,
    linkTo: (sha256, name) => linkIfAbsent(path(sha256), name),
    async verify(blob) {
      const file = path(blob.sha256);
      if ((await stat(file)).size !== blob.sizeBytes) return false;
      return (await hashFile(file)).sha256 === blob.sha256;
    },
    remove: (sha256) => unlinkIfPresent(path(sha256)),
    batch: () =>
      createBlobBatch({
        dir,
        pathOf: path,
        exec,
        writeHashed: (input, file, options) => writeHashed(input, file, options, false),
      }),
  };
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
  const maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
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
