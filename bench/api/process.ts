import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** A part of the benchmark that runs in a process of its own. */
export interface Helper {
  readonly pid: number;
  /** What it told first. */
  readonly told: unknown;
  close(): Promise<void>;
}

/** Starts this program again in another role and waits for the first thing that it tells. */
export async function startHelper(role: string, task: object): Promise<Helper> {
  const child = fork(process.argv[1] ?? "", [role, JSON.stringify(task)], { stdio: "inherit" });
  const told = await firstWord(child, role);
  return {
    pid: child.pid ?? 0,
    told,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}

async function firstWord(child: ChildProcess, role: string): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${role} ended with ${code} before it said anything`)));
  });
}

/** Ticks of the clock that proc(5) counts in: 100 a second on all architectures of Debian. */
const TICKS_PER_SECOND = 100;

/** Seconds that a process, with all its threads, has used of processors. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
