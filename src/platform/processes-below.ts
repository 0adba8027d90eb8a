import { readdirSync, readlinkSync } from "node:fs";
import { sep } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "./files.ts";

/** Processes may be forked while the list is read; each round finds fewer. */
const ROUNDS = 100;
const ROUND_MS = 50;

/**
 * Ids of all other processes whose root or working directory is a directory or lies below it: what runs in a chroot,
 * under whatever user id, has its root there, and the tools that make or enter it were started there.
 */
export function processesBelow(dir: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && ["root", "cwd"].some((name) => leadsBelow(pid, name, dir)));
}

function leadsBelow(pid: number, name: string, dir: string): boolean {
  try {
    return (readlinkSync(`/proc/${pid}/${name}`) + sep).startsWith(dir + sep);
  } catch (error) {
    // Gone meanwhile, a kernel thread, or a process of somebody else.
    if (hasCode(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return false;
    throw error;
  }
}

/** Kills them, until there are none; returns how many there were. @throws Error when some resist */
export async function killBelow(dir: string): Promise<number> {
  const seen = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = processesBelow(dir);
    if (found.length === 0) return seen.size;
    for (const pid of found) {
      seen.add(pid);
      killQuietly(pid);
    }
    await delay(ROUND_MS);
  }
  throw new Error(`processes in ${dir} cannot be killed: ${processesBelow(dir).join(" ")}`);
}

/** SIGKILL; negative ids name a process group. Not there any more is fine. */
export function killQuietly(pid: number, signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error;
  }
}
