import { spawn } from "node:child_process";
import { closeSync, ftruncateSync, openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode, killQuietly } from "#platform";
import type { BuildCgroup } from "./cgroup.ts";
import { openLogPipe } from "./log-pipe.ts";
import { WORK_FILES } from "./task.ts";

/** How long a tool has to end by itself. */
const GRACE_MS = 60_000;

export interface ToolEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A program of a build. */
export interface ToolCall {
  readonly argv: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Name of its log in the work directory. */
  readonly log: string;
}

export interface Tool {
  readonly ended: Promise<ToolEnd>;
  /** SIGTERM, after a minute SIGKILL for its whole group. */
  stop(): Promise<void>;
  /** SIGKILL for what is left of its group, also after its end. */
  kill(): void;
  /** What it printed is in the log; to be waited for when nothing of it runs any more. */
  drained(): Promise<void>;
}

/** Starts a tool in a session and process group of its own. Its log grows to a little more than the limit at most. */
export function startTool(workDir: string, call: ToolCall, logBytes: number, cgroup: BuildCgroup): Tool {
  const log = openLogPipe(workDir, call.log, logBytes);
  const [file = "", ...args] = [...cgroup.prefix, ...limited(call.argv, cgroup)];
  const child = spawn(file, args, {
    cwd: join(workDir, "out"),
    env: { ...call.env },
    stdio: ["ignore", log.fd, log.fd],
    detached: true,
  });
  log.handedOver();
  const ended = new Promise<ToolEnd>((resolve) => {
    child.on("error", (error) => {
      appendLine(workDir, `mini-buildd: ${file} cannot be started: ${error.message}`, call.log);
      resolve({ exitCode: 127, signal: null });
    });
    child.on("exit", (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const kill = (): void => {
    cgroup.kill();
    if (child.pid !== undefined) killQuietly(-child.pid);
  };
  return {
    ended,
    kill,
    drained: log.drained,
    async stop() {
      if (child.pid !== undefined) killQuietly(child.pid, "SIGTERM");
      const over = new AbortController();
      const gone = ended.then(() => over.abort());
      await delay(GRACE_MS, undefined, { signal: over.signal, ref: true }).then(kill, () => undefined);
      await gone;
    },
  };
}

/**
 * The limit of processes by resource counts all of the user, so one build that reaches it would keep all others from
 * forking: where a group counts those of the build alone, it is not set.
 */
function limited(argv: readonly string[], cgroup: BuildCgroup): readonly string[] {
  return cgroup.report.tasks === "rlimit" ? argv : argv.filter((word) => !word.startsWith("--nproc="));
}

export function logSize(workDir: string, log: string = WORK_FILES.log): number {
  return statSync(join(workDir, log), { throwIfNoEntry: false })?.size ?? 0;
}

/** Adds a line of our own; on a full disk without it, as ending the build matters more. */
export function appendLine(workDir: string, line: string, name: string = WORK_FILES.log): void {
  const log = openSync(join(workDir, name), "a", 0o644);
  try {
    writeSync(log, `${line}\n`);
  } catch (error) {
    if (!hasCode(error, "ENOSPC", "EDQUOT")) throw error;
  } finally {
    closeSync(log);
  }
}

/** Drops what is beyond the limit and says so. */
export function cutLog(workDir: string, limitBytes: number, name: string = WORK_FILES.log): void {
  const log = openSync(join(workDir, name), "r+");
  ftruncateSync(log, limitBytes);
  closeSync(log);
  appendLine(
    workDir,
    `\nmini-buildd: the log has reached its limit of ${limitBytes} bytes; the rest is dropped.`,
    name,
  );
}
