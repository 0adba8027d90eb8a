import { readdirSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { hasCode, processesBelow } from "#platform";
import { runQuietly } from "./leftovers.ts";

/** Of all inodes of a file system, what must be free. */
const LEAST_INODES = 1 / 50;
/** What cannot be counted in this time is larger than anything that can. */
const COUNT_MS = 30_000;
const MAX_DESCRIPTORS = 100_000;

export type Scarce = "bytes" | "files";

/** What is free, as a multiple of what must be, of bytes or of files (inodes), whatever there is less of. */
export interface Room {
  readonly share: number;
  readonly scarce: Scarce;
}

/** @param leastBytes what must be free of the file system that `dir` is on */
export async function roomIn(dir: string, leastBytes: number): Promise<Room> {
  const { bavail, bsize, files, ffree } = await statfs(dir);
  const bytes = leastBytes === 0 ? Number.POSITIVE_INFINITY : (bavail * bsize) / leastBytes;
  // Some file systems count none.
  const inodes = files === 0 ? Number.POSITIVE_INFINITY : ffree / (files * LEAST_INODES);
  return bytes <= inodes ? { share: bytes, scarce: "bytes" } : { share: inodes, scarce: "files" };
}

/**
 * What a build uses of it: its work directory, with unpacked chroots, which only a user namespace can look into, and
 * what its processes hold open that has no name any more. Undefined: it cannot be told now.
 */
export async function usedIn(
  workDir: string,
  scarce: Scarce,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const measure = ["du", "-sx", scarce === "bytes" ? "--block-size=1" : "--inodes", workDir];
  const inside = await count(["unshare", "--map-root-user", "--map-auto", ...measure], signal);
  const named = inside ?? (await count(measure, signal));
  return named === undefined ? undefined : named + usedNameless(workDir, scarce);
}

async function count([program = "", ...args]: readonly string[], signal?: AbortSignal) {
  const began = performance.now();
  try {
    const options = { timeout: COUNT_MS, ...(signal === undefined ? {} : { signal }) };
    const total = /^([0-9]+)\s/.exec(await runQuietly(program, args, options))?.[1];
    if (total !== undefined) return Number(total);
    return performance.now() - began >= COUNT_MS ? Number.MAX_SAFE_INTEGER : undefined;
  } catch {
    // No room for one more process, for example; the look after this may find some.
    return undefined;
  }
}

function usedNameless(workDir: string, scarce: Scarce): number {
  const { dev } = statSync(workDir);
  const seen = new Map<number, number>();
  let left = MAX_DESCRIPTORS;
  for (const pid of processesBelow(workDir)) {
    for (const name of descriptorsOf(pid)) {
      left -= 1;
      if (left < 0) break;
      const file = statOrNothing(`/proc/${pid}/fd/${name}`);
      if (file?.nlink === 0 && file.dev === dev) seen.set(file.ino, file.blocks * 512);
    }
  }
  return scarce === "files" ? seen.size : [...seen.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return [];
    throw error;
  }
}

function statOrNothing(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // What a descriptor of somebody else leads to may be anything.
    return undefined;
  }
}
