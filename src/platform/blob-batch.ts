import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import type { Blob, PutOptions } from "./blob-store.ts";
import { type Exec, execOk } from "./exec.ts";
import { removeTree, temporaryName } from "./files.ts";

/**
 * Many blobs that become real together: thousands of small files are made durable by two calls of syncfs(2) instead
 * of three fsyncs for each. Nothing is in the store before `commit`; what a crash leaves is a private directory.
 */
export interface BlobBatch {
  /** Takes bytes whose SHA-256 is given, and is believed. */
  add(sha256: string, bytes: Uint8Array): void;
  /** Takes a stream while hashing it; `path` is where its bytes are until the commit. */
  put(input: Readable, options?: PutOptions): Promise<Blob & { readonly path: string }>;
  /** Forgets a blob that this batch brought. */
  drop(sha256: string): void;
  /** All blobs are in the store and survive a power cut. The batch can be used again. */
  commit(): Promise<void>;
  /** Removes everything that was not committed. */
  close(): Promise<void>;
}

export interface BlobBatchDeps {
  /** Directory of the store. */
  readonly dir: string;
  /** Place of a blob in the store. */
  readonly pathOf: (sha256: string) => string;
  readonly writeHashed: (input: Readable, path: string, options: PutOptions) => Promise<Blob>;
  /** Renews the time of a file that is there; false when it is not. */
  readonly touch: (path: string) => boolean;
  readonly exec: Exec;
}

const PREFIX = "batch";
/** What is older was left by a process that died. */
const LEFT_MS = 24 * 3600 * 1000;

export function createBlobBatch({ dir, pathOf, writeHashed, touch, exec }: BlobBatchDeps): BlobBatch {
  const privateDir = temporaryName(join(dir, PREFIX));
  const pending = new Set<string>();
  let streams = 0;
  let opened: Promise<void> | undefined;
  const start = () => {
    opened ??= removeLeftOvers(dir);
    if (!existsSync(privateDir)) mkdirSync(privateDir, { recursive: true });
  };
  const syncAll = () => syncFileSystem(exec, dir);

  return {
    add(sha256, bytes) {
      if (pending.has(sha256) || touch(pathOf(sha256))) return;
      start();
      writeFileSync(join(privateDir, sha256), bytes, { mode: 0o444 });
      pending.add(sha256);
    },
    async put(input, options = {}) {
      start();
      streams += 1;
      const temporary = join(privateDir, `stream-${streams}`);
      const blob = await writeHashed(input, temporary, options);
      const path = join(privateDir, blob.sha256);
      await rename(temporary, path);
      pending.add(blob.sha256);
      return { ...blob, path };
    },
    drop: (sha256) => void pending.delete(sha256),
    async commit() {
      await opened;
      // Others may be added while this waits; they belong to the next commit.
      const ready = [...pending];
      if (ready.length === 0) return;
      await syncAll();
      for (const sha256 of ready) {
        if (pending.delete(sha256)) moveIn(join(privateDir, sha256), pathOf(sha256));
      }
      await syncAll();
    },
    async close() {
      pending.clear();
      await opened;
      await removeTree(privateDir);
    },
  };
}

/** The bytes are durable, so the name may be; one that is there already has the same bytes. */
function moveIn(from: string, to: string): void {
  if (!existsSync(dirname(to))) mkdirSync(dirname(to), { recursive: true });
  renameSync(from, to);
}

async function removeLeftOvers(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) {
    if (!name.startsWith(`${PREFIX}.`)) continue;
    const path = join(dir, name);
    if (Date.now() - (await stat(path)).mtimeMs > LEFT_MS) await removeTree(path);
  }
}

/** Makes everything on the file system of a directory durable (syncfs(2)). */
export async function syncFileSystem(exec: Exec, dir: string): Promise<void> {
  await execOk(exec, "sync", ["-f", dir]);
}
