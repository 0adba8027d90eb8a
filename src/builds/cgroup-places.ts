import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { CgroupPlaces } from "./runner/task.ts";

const ROOT = "/sys/fs/cgroup";
/** Directories that setup or the unit's root helper makes for the service user on machines without usable v2. */
const V1_NAME = "mini-buildd";

/**
 * Where runners may make control groups: beside the daemon's own v2 group when it is the subgroup `daemon` of a delegated
 * unit whose controllers are on, else v1 directories made for us, else nowhere (builds.md 9).
 */
export function findCgroupPlaces(root = ROOT, ownGroups = "/proc/self/cgroup"): CgroupPlaces {
  if (!existsSync(ownGroups)) return {};
  const own = /^0::(\/.*)$/m.exec(readFileSync(ownGroups, "latin1"))?.[1] ?? "/";
  const unit = join(root, dirname(own));
  if (basename(own) === "daemon" && isWritable(unit) && hasControllers(unit)) return { v2: unit };
  const memory = join(root, "memory", V1_NAME);
  const pids = join(root, "pids", V1_NAME);
  return { ...(isWritable(memory) ? { memory } : {}), ...(isWritable(pids) ? { pids } : {}) };
}

function hasControllers(dir: string): boolean {
  const on = readFileSync(join(dir, "cgroup.subtree_control"), "latin1").trim().split(" ");
  return on.includes("memory") && on.includes("pids");
}

function isWritable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}
