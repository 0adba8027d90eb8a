import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorText } from "#platform";
import { CGROUP_ROOT, DAEMON_GROUP, isWritable, OWN_GROUPS, ownGroup } from "./cgroup-places.ts";

const CONTROLLERS: readonly string[] = ["memory", "pids"];
/** New processes may come into being while others are moved. */
const ROUNDS = 20;

export interface Delegation {
  readonly root?: string;
  readonly ownGroups?: string;
  /** Of this process: only the main process of a unit may change the unit's group. */
  readonly isMainProcess?: boolean;
  readonly controllers?: readonly string[];
  write?(path: string, text: string): void;
}

/**
 * Makes the unit's delegated group a place for groups of builds (builds.md 9). Controllers can only be switched on for
 * groups below one that has no processes itself (cgroups(7), "no internal processes"), so the daemon, and what else runs
 * in the group of the unit (runners of an earlier daemon), moves to the subgroup `daemon`; where systemd knows
 * `DelegateSubgroup=`, the daemon is there already. Nothing outside such a unit. Returns why it could not be done.
 */
export function useDelegatedGroup(given: Delegation = {}): string | undefined {
  const { root = CGROUP_ROOT, ownGroups = OWN_GROUPS, controllers = CONTROLLERS } = given;
  const write = given.write ?? ((path: string, text: string) => writeFileSync(path, text));
  const own = ownGroup(ownGroups);
  const unit = join(root, basename(own) === DAEMON_GROUP ? dirname(own) : own);
  if (!(given.isMainProcess ?? isMainProcess()) || !unit.endsWith(".service") || !isWritable(unit)) {
    return undefined;
  }
  try {
    const offered = wordsIn(join(unit, "cgroup.controllers"));
    const absent = controllers.filter((name) => !offered.includes(name));
    if (absent.length > 0) return `the group of the unit has no controller ${absent.join(", ")}`;
    mkdirSync(join(unit, DAEMON_GROUP), { recursive: true });
    moveProcesses(unit, write);
    write(join(unit, "cgroup.subtree_control"), controllers.map((name) => `+${name}`).join(" "));
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

function moveProcesses(unit: string, write: (path: string, text: string) => void): void {
  for (let round = 0; round < ROUNDS; round += 1) {
    const processes = wordsIn(join(unit, "cgroup.procs"));
    if (processes.length === 0) return;
    for (const pid of processes) {
      try {
        // The kernel takes one process by each write.
        write(join(unit, DAEMON_GROUP, "cgroup.procs"), pid);
      } catch (error) {
        // It has ended.
        if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      }
    }
  }
}

function wordsIn(path: string): string[] {
  return readFileSync(path, "latin1")
    .split(/\s+/)
    .filter((word) => word !== "");
}

/** Started by the machine's service manager, or by one that says so (systemd.exec(5)). */
function isMainProcess(): boolean {
  return process.ppid === 1 || process.env.SYSTEMD_EXEC_PID === String(process.pid);
}
