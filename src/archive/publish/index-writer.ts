import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Exec, exists, linkIfAbsent, syncDir } from "#platform";
import {
  digestFile,
  digestPieces,
  gzipBeside,
  syncFile,
  type WeakSums,
  writePieces,
  xzBeside,
} from "../compress.ts";
import type { Generation } from "./generation.ts";
import type { PlannedFile } from "./index-plan.ts";
import type { Digests } from "../release-file.ts";

const SUFFIXES = [".gz", ".xz"] as const;

export interface HashedFile extends PlannedFile {
  readonly digests: Digests;
}

export interface WriteContext {
  readonly exec: Exec;
  /** The new generation. */
  readonly dir: string;
  /** Files whose text did not change are taken from here. */
  readonly previous: Generation | undefined;
  readonly weak: WeakSums;
}

export function hashFiles(files: readonly PlannedFile[], weak: WeakSums): HashedFile[] {
  return files.map((file) => ({ ...file, digests: digestPieces(file.pieces, weak) }));
}

/**
 * Writes planned files into a new generation and makes them durable; work is in proportion to those that changed.
 * Returns what Release lists: the uncompressed name too (apt wants it), though it is not on disk.
 */
export async function writeIndices(
  context: WriteContext,
  files: readonly HashedFile[],
): Promise<Map<string, Digests>> {
  const listed = new Map(files.map((file) => [file.path, file.digests]));
  const fresh: HashedFile[] = [];
  for (const file of files) {
    await mkdir(join(context.dir, dirname(file.path)), { recursive: true });
    const taken = await takeFromPrevious(context, file);
    if (taken === undefined) fresh.push(file);
    else for (const [path, digests] of taken) listed.set(path, digests);
  }
  for (const [path, digests] of await writeFresh(context, fresh)) listed.set(path, digests);
  return listed;
}

/** Everything a generation needs to survive a power cut, but for its parent. */
export async function syncTree(dir: string): Promise<void> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const dirs = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  await Promise.all([dir, ...dirs].map(syncDir));
}

/** Links an unchanged file and its packed forms; undefined when there is something to write. */
async function takeFromPrevious(
  { dir, previous, weak }: WriteContext,
  file: HashedFile,
): Promise<[string, Digests][] | undefined> {
  if (previous === undefined || previous.release.files.get(file.path)?.sha256 !== file.digests.sha256)
    return undefined;
  const taken: [string, Digests][] = [];
  for (const path of namesOnDisk(file)) {
    const digests = previous.release.files.get(path);
    const usable =
      digests !== undefined && hasSums(digests, weak) && (await exists(join(previous.dir, path)));
    if (!usable) return undefined;
    taken.push([path, digests]);
  }
  for (const [path, digests] of taken) {
    const byHash = byHashPath(path, digests.sha256);
    if (file.compressed) await linkIfAbsent(join(previous.dir, path), join(dir, byHash));
    await linkIfAbsent(join(previous.dir, path), join(dir, path));
  }
  return taken;
}

async function writeFresh({ dir, exec, weak }: WriteContext, files: readonly HashedFile[]) {
  for (const { path, pieces } of files) await writePieces(join(dir, path), pieces);
  const packed = files.filter(({ compressed }) => compressed);
  await Promise.all([
    xzBeside(
      exec,
      packed.map(({ path }) => join(dir, path)),
    ),
    ...packed.map(({ path }) => gzipBeside(join(dir, path))),
  ]);
  const written: [string, Digests][] = [];
  for (const file of files) {
    if (file.compressed) await rm(join(dir, file.path));
    for (const path of namesOnDisk(file)) {
      const digests = file.compressed ? await digestFile(join(dir, path), weak) : file.digests;
      written.push([path, digests]);
      if (file.compressed) await linkIfAbsent(join(dir, path), join(dir, byHashPath(path, digests.sha256)));
    }
  }
  await Promise.all(written.map(([path]) => syncFile(join(dir, path))));
  return written;
}

function namesOnDisk(file: PlannedFile): string[] {
  return file.compressed ? SUFFIXES.map((suffix) => `${file.path}${suffix}`) : [file.path];
}

/** Where clients look that must not see a mixture of two states (Acquire-By-Hash). */
function byHashPath(path: string, sha256: string): string {
  return join(dirname(path), "by-hash", "SHA256", sha256);
}

function hasSums(digests: Digests, weak: WeakSums): boolean {
  return (!weak.md5 || digests.md5 !== undefined) && (!weak.sha1 || digests.sha1 !== undefined);
}

/** Whether a path of a Release is an uncompressed name. */
export function isPlainName(path: string): boolean {
  return !SUFFIXES.some((suffix) => basename(path).endsWith(suffix));
}
