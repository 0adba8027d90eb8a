import { readFileSync } from "node:fs";
import { hasCode } from "./files.ts";

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot id and start time in clock ticks since that boot (field 22 of /proc/PID/stat, proc(5)). */
  readonly started: string;
}

/** The identity of a living process, or undefined when there is none (or only a zombie). */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ESRCH")) return undefined;
    throw error;
  }
  // The command name in brackets may itself hold blanks and brackets: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === "Z" || state === "X" || startTicks === undefined) return undefined;
  return { pid, started: `${bootId()}/${startTicks}` };
}

export function isAlive(process: ProcessIdentity): boolean {
  return processIdentity(process.pid)?.started === process.started;
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
}
