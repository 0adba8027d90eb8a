import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { CgroupPlaces } from "./runner/task.ts";

export const CGROUP_ROOT = "/sys/fs/cgroup";
export const OWN_GROUPS = "/proc/self/cgroup";
/** The subgroup of a delegated unit that the daemon itself lives in. */
export const DAEMON_GROUP = "daemon";
/** Directories that setup or the unit's root helper makes for the service user on machines without usable v2. */
const V1_NAME = "mini-buildd";

/**
 * Where runners may make control groups: beside the daemon's own v2 group when it is the subgroup `daemon` of a delegated
 * unit whose controllers are on, else v1 directories made for us, else nowhere (builds.md 9).
 */
export function findCgroupPlaces(root = CGROUP_ROOT, ownGroups = OWN_GROUPS): CgroupPlaces {
  const own = ownGroup(ownGroups);
  const unit = join(root, dirname(own));
  if (basename(own) === DAEMON_GROUP && isWritable(unit) && hasControllers(unit)) return { v2: unit };
  const memory = join(root, "memory", V1_NAME);
  const pids = join(root, "pids", V1_NAME);
  return { ...(isWritable(memory) ? { memory } : {}), ...(isWritable(pids) ? { pids } : {}) };
}

/** The v2 group of this process below the root. */
export function ownGroup(ownGroups: string): string {
  if (!existsSync(ownGroups)) return "/";
  return /^0::(\/.*)$/m.exec(readFileSync(ownGroups, "latin1"))?.[1] ?? "/";
}

function hasControllers(dir: string): boolean {
  const on = readFileSync(join(dir, "cgroup.subtree_control"), "latin1").trim().split(" ");
  return on.includes("memory") && on.includes("pids");
}

export function isWritable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}
