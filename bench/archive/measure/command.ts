import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { watchMemory } from "./process-tree.ts";

/** What an administrator types. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Timing {
  readonly ms: number;
  /** Only when it was watched. */
  readonly peakBytes?: number;
}

export interface Watch {
  /** Processes beside the commands whose memory counts: a daemon. */
  readonly daemons: readonly number[];
}

/**
 * Runs commands one after the other; the time is from before the first one starts to after the last one has ended.
 * @param log file that gets their output
 * @throws Error with their last words when one fails
 */
export async function timeCommands(
  commands: readonly Command[],
  log: string,
  watch?: Watch,
): Promise<Timing> {
  let peakBytes = 0;
  const start = performance.now();
  for (const command of commands) peakBytes = Math.max(peakBytes, await runOne(command, log, watch));
  const ms = performance.now() - start;
  return watch === undefined ? { ms } : { ms, peakBytes };
}

async function runOne(command: Command, log: string, watch: Watch | undefined): Promise<number> {
  const output = openSync(log, "a");
  const { file, args, env, cwd = "/" } = command;
  const child = spawn(file, args, { cwd, env: { ...env }, stdio: ["ignore", output, output] });
  closeSync(output);
  const memory =
    watch === undefined || child.pid === undefined ? undefined : watchMemory([child.pid, ...watch.daemons]);
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    if (code === 0) return memory?.stop() ?? 0;
    const tail = readFileSync(log, "utf8").split("\n").slice(-15).join("\n");
    throw new Error(`${file} ${args.slice(0, 8).join(" ")}: ended with ${signal ?? code}\n${tail}`);
  } finally {
    memory?.stop();
  }
}
