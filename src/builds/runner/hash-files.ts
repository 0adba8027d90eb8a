import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "#platform";
import type { RunnerFile } from "./task.ts";

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
    if (hasCode(error, "ENOENT", "EACCES", "ELOOP", "EIO")) return undefined;
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
