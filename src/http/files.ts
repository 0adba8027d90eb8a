import type { Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { hasCode } from "#platform";

export interface FoundFile {
  readonly path: string;
  readonly stats: Stats;
}

/**
 * What `path` (decoded, as in an address, perhaps with a slash at its end) names below `root`. Symbolic links are
 * followed, but only to places below `root`; names with a leading dot, `..`, NUL or an empty part name nothing.
 */
export async function findBelow(root: string, path: string): Promise<FoundFile | undefined> {
  const parts = path.replace(/\/$/, "").split("/");
  if (path !== "" && !parts.every(isVisibleName)) return undefined;
  const file = join(root, path);
  try {
    const [realRoot, real] = await Promise.all([realpath(root), realpath(file)]);
    if (real !== realRoot && !real.startsWith(realRoot + sep)) return undefined;
    return { path: file, stats: await stat(real) };
  } catch (error) {
    if (MISSING.some((code) => hasCode(error, code))) return undefined;
    throw error;
  }
}

const MISSING = ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "EACCES"];

/** Names with a leading dot are private (`.generations`, unfinished files). */
export function isVisibleName(name: string): boolean {
  return name !== "" && !name.startsWith(".") && !name.includes("\0") && !name.endsWith(".new");
}
