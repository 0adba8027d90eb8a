import type { Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { hasCode } from "#platform";

export interface FoundFile {
  /** With all links resolved: what is opened later is what was looked at, even when a link is switched meanwhile. */
  readonly path: string;
  /** The root it lies below, resolved in the same way. */
  readonly root: string;
  readonly stats: Stats;
}

/**
 * What `path` (decoded, as in an address, perhaps with a slash at its end) names below `root`. Symbolic links are
 * followed, but only to places below `root`; names with a leading dot, `..`, NUL or an empty part name nothing.
 */
export async function findBelow(root: string, path: string): Promise<FoundFile | undefined> {
  const parts = path.replace(/\/$/, "").split("/");
  if (path !== "" && !parts.every(isVisibleName)) return undefined;
  return await lookBelow(root, join(root, path));
}

/** The same for a path of ours, whose names nobody has to be kept from. */
export async function lookBelow(root: string, path: string): Promise<FoundFile | undefined> {
  try {
    const [realRoot, real] = await Promise.all([realpath(root), realpath(path)]);
    if (real !== realRoot && !real.startsWith(realRoot + sep)) return undefined;
    return { path: real, root: realRoot, stats: await stat(real) };
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
