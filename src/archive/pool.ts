import { linkSync, mkdirSync } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type BlobStore,
  exec,
  hasCode,
  MbdError,
  statOrUndefined,
  syncDir,
  syncFileSystem,
  temporaryName,
  unlinkIfPresent,
} from "#platform";

export interface PoolEntry {
  /** Below the root of the repository. */
  readonly path: string;
  readonly sha256: string;
}

/**
 * Gives blobs their visible names in the pool of a repository (hard links) and makes the names durable. Rows of
 * `pool_file` say which bytes a name has; a name that a crash left without row, or with other bytes, is replaced as a
 * whole, so the row always wins. Repeating it changes nothing.
 */
export async function linkPoolFiles(
  blobs: BlobStore,
  repositoryRoot: string,
  entries: readonly PoolEntry[],
): Promise<void> {
  const changed = new Set<string>();
  const made = new Set<string>();
  for (const [index, { path, sha256 }] of entries.entries()) {
    const target = join(repositoryRoot, path);
    if (!made.has(dirname(target))) mkdirSync(dirname(target), { recursive: true });
    made.add(dirname(target));
    // Synchronous, as a new repository has tens of thousands; others get their turn in between.
    if (linkNow(blobs.path(sha256), target) || (await replaceOther(blobs, sha256, target))) {
      changed.add(dirname(target));
    }
    if (index % 200 === 199) await new Promise(setImmediate);
  }
  // New directories are entries of their parents up to the root of the repository.
  const dirs = new Set([...changed].flatMap((dir) => upTo(repositoryRoot, dir)));
  if (dirs.size > MANY_DIRS) await syncFileSystem(exec, repositoryRoot);
  else for (const dir of dirs) await syncDir(dir);
}

/** With more than these, one syncfs for all of the file system is cheaper. */
const MANY_DIRS = 50;

/** The row and a new file of one name must have the same bytes. @throws MbdError pool_conflict */
export function checkSameContent(path: string, have: string, sha256: string): void {
  if (have !== sha256) throw new MbdError("pool_conflict", { file: path, have, new: sha256 });
}

function linkNow(blob: string, target: string): boolean {
  try {
    linkSync(blob, target);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** What a name that is there already leads to; whether it had to be replaced. */
async function replaceOther(blobs: BlobStore, sha256: string, target: string): Promise<boolean> {
  if (await isSameFile(blobs.path(sha256), target)) return false;
  const temporary = temporaryName(target);
  try {
    await blobs.linkTo(sha256, temporary);
    await rename(temporary, target);
  } finally {
    await unlinkIfPresent(temporary);
  }
  return true;
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = [await stat(a), await statOrUndefined(b)];
  return other !== undefined && one.ino === other.ino && one.dev === other.dev;
}

function upTo(root: string, dir: string): string[] {
  const dirs = [dir];
  for (let at = dir; at !== root && at.startsWith(`${root}/`); ) {
    at = dirname(at);
    dirs.push(at);
  }
  return dirs;
}
