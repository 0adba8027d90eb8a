import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Home, hasCode } from "#platform";
import { WORK_FILES } from "./runner/task.ts";

/** File names of the chroot tarballs that attempts unpack or may unpack again: they must stay. */
export async function tarballsInUse(home: Pick<Home, "work">): Promise<string[]> {
  const names = new Set<string>();
  for (const dir of await readdir(home.work)) {
    const task = await readIfPresent(join(home.work, dir, WORK_FILES.task));
    for (const [, path = ""] of task.matchAll(/"--chroot=([^"]+)"/g)) names.add(basename(path));
  }
  return [...names];
}

async function readIfPresent(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return "";
    throw error;
  }
}
