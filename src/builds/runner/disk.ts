import { readdirSync, readFileSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode, writeFileAtomic } from "#platform";
import { runQuietly } from "./leftovers.ts";
import { WORK_FILES } from "./task.ts";

/** How long a neighbour's figure counts. */
const FRESH_MS = 60_000;

export async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

/**
 * With the disk nearly full, the largest build ends, not all: each runner measures its own directory, tells the
 * neighbours, and gives up only when none of them uses more (equal: the first by name).
 */
export async function isLargest(workDir: string): Promise<boolean> {
  const mine = await usedBytes(workDir);
  try {
    await writeFileAtomic(join(workDir, WORK_FILES.usage), `${JSON.stringify({ usedBytes: mine })}\n`);
  } catch (error) {
    // Not even room for that: somebody has to give way at once.
    if (hasCode(error, "ENOSPC", "EDQUOT")) return true;
    throw error;
  }
  const parent = dirname(workDir);
  return readdirSync(parent)
    .map((name) => join(parent, name))
    .filter((path) => path !== workDir)
    .every((path) => {
      const theirs = toldUsage(path);
      return theirs < mine || (theirs === mine && path > workDir);
    });
}

/** Bytes on disk, also of unpacked chroots, which only a user namespace can look into; without one, what we can see. */
export async function usedBytes(workDir: string): Promise<number> {
  const measure = ["du", "-skx", workDir];
  const inside = kilobytes(await runQuietly("unshare", ["--map-root-user", "--map-auto", ...measure]));
  return inside ?? kilobytes(await runQuietly("du", measure.slice(1))) ?? 0;
}

function kilobytes(output: string): number | undefined {
  const number = /^([0-9]+)\s/.exec(output)?.[1];
  return number === undefined ? undefined : Number(number) * 1024;
}

function toldUsage(workDir: string): number {
  const path = join(workDir, WORK_FILES.usage);
  try {
    if (Date.now() - statSync(path).mtimeMs > FRESH_MS) return 0;
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    const used = typeof value === "object" && value !== null && "usedBytes" in value ? value.usedBytes : 0;
    return typeof used === "number" ? used : 0;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return 0;
    throw error;
  }
}
