import { readFileSync, type Stats } from "node:fs";
import { join } from "node:path";
import { hasCode } from "#platform";
import type { UserIds } from "../owner.ts";

/** Whether a user may change something, or what it leads to. */
export type IsInReach = (stats: Stats) => boolean;

/** Ids from the first to the one before the end. */
type Range = readonly [first: number, end: number];

/**
 * What a user made, or may write. Subordinate ids count whoever they are given to: in a namespace of its own the user
 * makes files and links that belong to them.
 * @param groups those that the user is in besides
 * @param root where /etc is
 */
export function reachOf({ uid, gid }: UserIds, groups: readonly number[], root = "/"): IsInReach {
  const uids = [only(uid), ...subordinateIds(join(root, "etc/subuid"))];
  const gids = [...[gid, ...groups].map(only), ...subordinateIds(join(root, "etc/subgid"))];
  return (stats) => {
    if (covers(uids, stats.uid)) return true;
    // Links have no mode of their own, and in a sticky directory nobody takes another one's place.
    if (stats.isSymbolicLink() || (stats.isDirectory() && (stats.mode & 0o1000) !== 0)) return false;
    return (stats.mode & 0o002) !== 0 || ((stats.mode & 0o020) !== 0 && covers(gids, stats.gid));
  };
}

function only(id: number): Range {
  return [id, id + 1];
}

function covers(ranges: readonly Range[], id: number): boolean {
  return ranges.some(([first, end]) => first <= id && id < end);
}

/** subuid(5): lines `name or uid:first:count`. */
function subordinateIds(file: string): Range[] {
  return readIfThere(file)
    .split("\n")
    .map((line) => line.split(":"))
    .map(([, first, count]) => [Number(first), Number(first) + Number(count)]);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return "";
    throw error;
  }
}
