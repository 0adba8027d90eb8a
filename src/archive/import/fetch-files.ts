import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { type BlobBatch, type BlobStore, MbdError } from "#platform";
import { SMALL_BYTES, type StoredFile } from "../bulk/index.ts";
import type { RemoteFile } from "./read-index.ts";
import type { Remote } from "./remote.ts";

export interface FetchDeps {
  readonly remote: Remote;
  readonly blobs: BlobStore;
  readonly batch: BlobBatch;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes: (bytes: number) => void;
}

const AT_ONCE = 8;
const TRIES = 3;

/** The content of a file: small ones as bytes, others where they are stored. */
export type Content = Buffer | StoredFile;

/** Fetches files, some at a time; what the store has is not fetched again. In the order given, errors among them. */
export async function fetchFiles(
  deps: FetchDeps,
  files: readonly RemoteFile[],
): Promise<(Content | MbdError)[]> {
  const results: (Content | MbdError)[] = [];
  const queue = files.entries();
  const work = async () => {
    for (const [index, file] of queue) {
      deps.signal?.throwIfAborted();
      results[index] = await fetchFile(deps, file);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  const failed = workers.find((worker) => worker.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return results;
}

async function fetchFile(deps: FetchDeps, file: RemoteFile): Promise<Content | MbdError> {
  const { blobs, batch } = deps;
  const { sha256, sizeBytes } = file;
  if (await blobs.has(sha256)) {
    const path = blobs.path(sha256);
    return sizeBytes <= SMALL_BYTES ? await readFile(path) : { path, sha256, sizeBytes };
  }
  let last: MbdError | undefined;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    try {
      const stream = await deps.remote.open(file.path, sizeBytes, deps.signal);
      if (stream === undefined) return wrong(file, "it is not there");
      if (sizeBytes > SMALL_BYTES) {
        const blob = await batch.put(stream, { name: file.path, maxBytes: sizeBytes });
        deps.onBytes(blob.sizeBytes);
        if (blob.sha256 === sha256 && blob.sizeBytes === sizeBytes) return blob;
        batch.drop(blob.sha256);
        return wrong(file, `its SHA256 is ${blob.sha256}, not ${sha256}`);
      }
      const bytes = await buffer(stream);
      deps.onBytes(bytes.length);
      const found = createHash("sha256").update(bytes).digest("hex");
      return found === sha256 ? bytes : wrong(file, `its SHA256 is ${found}, not ${sha256}`);
    } catch (error) {
      deps.signal?.throwIfAborted();
      if (!(error instanceof MbdError)) throw error;
      last = error;
    }
  }
  return last ?? wrong(file, "it could not be fetched");
}

function wrong({ path }: RemoteFile, reason: string): MbdError {
  return new MbdError("broken_deb", { file: path, reason });
}
