import { randomBytes } from "node:crypto";
import type { Dirent } from "node:fs";
import { link, mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes what `rename` and `link` did in `dir` survive a power cut. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A private name beside `path` for writing before the rename. */
export function temporaryName(path: string): string {
  return `${path}.${process.pid}.${randomBytes(6).toString("hex")}.new`;
}

/** Replaces `path` as a whole or not at all: private name, fsync, rename, fsync of the directory. */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  const temporary = await writeTemporary(path, data, mode);
  await rename(temporary, path);
  await syncDir(dirname(path));
}

/** The same where there is no such file yet; false, and nothing done, when there is. */
export async function writeFileFirst(path: string, data: string | Uint8Array): Promise<boolean> {
  const temporary = await writeTemporary(path, data, 0o644);
  try {
    if (!(await linkIfAbsent(temporary, path))) return false;
    await syncDir(dirname(path));
    return true;
  } finally {
    await unlink(temporary);
  }
}

/** Returns the name of a file of its own beside `path`, safe on disk; on a full disk nothing of it stays. */
async function writeTemporary(path: string, data: string | Uint8Array, mode: number): Promise<string> {
  const temporary = temporaryName(path);
  const handle = await open(temporary, "wx", mode);
  try {
    await handle.writeFile(data);
    await handle.sync();
  } catch (error) {
    await unlinkIfPresent(temporary);
    throw error;
  } finally {
    await handle.close();
  }
  return temporary;
}

/** Gives `existing` the further name `path` (hard link); a name that is already there is kept. Returns whether it was made. */
export async function linkIfAbsent(existing: string, path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await link(existing, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await statOrUndefined(path)) !== undefined;
}

export async function statOrUndefined(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

/** What is in a directory; nothing when there is none. */
export async function entriesIn(dir: string): Promise<Dirent[]> {
  try {
    return await readdir(dir, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return [];
    throw error;
  }
}

/** The names of it. */
export async function namesIn(dir: string): Promise<string[]> {
  return (await entriesIn(dir)).map(({ name }) => name);
}

export async function unlinkIfPresent(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}

export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** Directories of a home that only the service user may enter. */
export async function makePrivateDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

/** Whether it is an error of the system with one of these codes, such as `ENOENT`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
