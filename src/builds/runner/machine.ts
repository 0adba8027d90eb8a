import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { constants, readFileSync } from "node:fs";
import { type FileHandle, link, lstat, open, readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { RunnerFile } from "./task.ts";

// The platform folder has the like of these, but also a database and a logger: the runner stays small without them.

export function hasErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** Boot id and start time of this process (proc(5), field 22 of stat). */
export function ownIdentity(): { pid: number; started: string } {
  const stat = readFileSync("/proc/self/stat", "latin1");
  const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return { pid: process.pid, started: `${boot}/${ticks}` };
}

/** Writes a file as a whole: private name, fsync, rename, fsync of the directory. */
export async function writeWhole(path: string, value: unknown): Promise<void> {
  const temporary = await writePrivate(path, value);
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** The same, but false if the name is taken already. */
export async function writeFirst(path: string, value: unknown): Promise<boolean> {
  const temporary = await writePrivate(path, value);
  try {
    await link(temporary, path);
    await syncDirectory(dirname(path));
    return true;
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
}

async function writePrivate(path: string, value: unknown): Promise<string> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.new`);
  const handle = await open(temporary, "w", 0o644);
  try {
    await handle.writeFile(`${JSON.stringify(value)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return temporary;
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Regular files of a directory with their hashes; of all else the names, as far as they can be written down. */
export async function hashFiles(dir: string): Promise<{ files: RunnerFile[]; refused: string[] }> {
  const files: RunnerFile[] = [];
  const refused: string[] = [];
  for (const bytes of (await readdir(dir, { encoding: "buffer" })).sort(Buffer.compare)) {
    const name = bytes.toString();
    const hash = isUtf8(bytes) ? await hashFile(join(dir, name)) : undefined;
    if (hash === undefined) refused.push(name);
    else files.push({ name, ...hash });
  }
  return { files, refused };
}

/** Undefined where there is no regular file, or none that can be read. */
async function hashFile(path: string): Promise<{ sizeBytes: number; sha256: string } | undefined> {
  try {
    if (!(await lstat(path)).isFile()) return undefined;
    return await hashOpened(
      await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
    );
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "EACCES", "ELOOP", "EIO")) return undefined;
    throw error;
  }
}

async function hashOpened(handle: FileHandle): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of handle.createReadStream() as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sizeBytes, sha256: hash.digest("hex") };
}
