import { spawn } from "node:child_process";
import { type FSWatcher, watch } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import {
  hasCode,
  isAlive,
  MbdError,
  processIdentity,
  TOOL_ENV,
  writeFileAtomic,
  writeFileFirst,
} from "#platform";
import {
  CHECK_TOOLS,
  type RunnerClaim,
  type RunnerResult,
  type RunnerTask,
  WORK_FILES,
} from "./runner/task.ts";

/** The daemon's side of the runner: starting it, finding it again, waiting for it. */

const Claim = z.object({
  pid: z.int(),
  started: z.string(),
  attempt: z.int(),
  fence: z.int(),
  run: z.int(),
});

const EndedBy = z.enum([
  "cancel",
  "terminated",
  "timeout_total",
  "timeout_stalled",
  "log_limit",
  "disk_limit",
  "memory_limit",
  "disk_start",
]);

const Check = z.object({
  tool: z.enum(CHECK_TOOLS),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  endedBy: EndedBy.nullable(),
  absent: z.string().nullable(),
  ms: z.number(),
});

const Result = z.object({
  build: z.int(),
  attempt: z.int(),
  fence: z.int(),
  run: z.int(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  endedBy: EndedBy.nullable(),
  log: z.object({ from: z.int(), to: z.int() }),
  sbuildMs: z.number(),
  peakMemoryBytes: z.number().nullable(),
  limits: z.object({ memory: z.string(), tasks: z.string() }),
  files: z.array(z.object({ name: z.string(), sizeBytes: z.int(), sha256: z.string() })),
  refused: z.array(z.string()),
  // A runner of an earlier version knows of none of these.
  starved: z.boolean().default(false),
  checks: z.array(Check).default([]),
  lintian: z.object({ from: z.int(), exitCode: z.int().nullable() }).nullable().default(null),
  lintianEndedBy: EndedBy.nullable().default(null),
});

type RunOf = Pick<RunnerTask, "attempt" | "fence" | "run">;

const CLAIM_LIMIT_MS = 30_000;
const CLAIM_LOOK_MS = 20;

/** Starts the runner in a session of its own, with nothing of the daemon's environment, and waits until it has the build. */
export async function startRunner(
  runnerPath: string,
  workDir: string,
  task: RunOf,
  limitMs = CLAIM_LIMIT_MS,
): Promise<RunnerClaim> {
  const log = await open(join(workDir, WORK_FILES.runnerLog), "a", 0o644);
  let ended = false;
  try {
    const child = spawn(process.execPath, [runnerPath, workDir], {
      cwd: "/",
      env: { ...TOOL_ENV },
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
    });
    child.on("exit", () => {
      ended = true;
    });
    child.on("error", () => {
      ended = true;
    });
    child.unref();
  } finally {
    await log.close();
  }
  const until = Date.now() + limitMs;
  while (Date.now() < until) {
    const over = ended;
    const claim = await readClaim(workDir, task);
    if (claim !== undefined) return claim;
    if (over) break;
    await delay(CLAIM_LOOK_MS);
  }
  // On a machine that is very busy it may only be late: it has the build now, or gives up.
  const late = await seize(workDir, task);
  if (late !== undefined) return late;
  const words = (await readOrUndefined(join(workDir, WORK_FILES.runnerLog)))
    ?.trim()
    .split("\n")
    .slice(-3)
    .join(" / ");
  throw new MbdError("tool_failed", { tool: "mini-buildd runner", reason: words || "it did not start" });
}

/** Who runs this attempt, if anybody has taken it. */
export async function readClaim(workDir: string, task: RunOf): Promise<RunnerClaim | undefined> {
  const text = await readOrUndefined(join(workDir, WORK_FILES.runner));
  if (text === undefined) return undefined;
  const claim = Claim.parse(JSON.parse(text));
  return sameRun(claim, task) ? claim : undefined;
}

/**
 * Takes an attempt that no runner has taken, so that one which is only just starting gives up. Returns whose it is now:
 * undefined means ours, nobody runs it.
 */
export async function seize(workDir: string, task: RunOf): Promise<RunnerClaim | undefined> {
  const own = processIdentity(process.pid);
  if (own === undefined) throw new Error("this process is not in /proc");
  const { attempt, fence, run } = task;
  const claim = `${JSON.stringify({ ...own, attempt, fence, run })}\n`;
  const isOurs = await writeFileFirst(join(workDir, WORK_FILES.runner), claim);
  return isOurs ? undefined : await readClaim(workDir, task);
}

/** What the runner left, if it is about this very attempt; anything else is thrown away. */
export async function readRunnerResult(workDir: string, task: RunOf): Promise<RunnerResult | undefined> {
  const text = await readOrUndefined(join(workDir, WORK_FILES.result));
  if (text === undefined) return undefined;
  const result = Result.parse(JSON.parse(text));
  return sameRun(result, task) ? result : undefined;
}

const LOOK_MS = 500;

/**
 * Waits for the runner's result; undefined when the runner is gone without one. `look` is called at every turn. Throws
 * the signal's reason when it is aborted: the runner goes on.
 */
export async function awaitRunner(
  workDir: string,
  claim: RunnerClaim,
  options: { signal: AbortSignal; look: () => Promise<void> },
): Promise<RunnerResult | undefined> {
  const bell = bellOf(workDir, WORK_FILES.result);
  try {
    for (;;) {
      options.signal.throwIfAborted();
      const alive = isAlive(claim);
      // Asked after the look at the process: a runner writes its result before it ends.
      const result = await readRunnerResult(workDir, claim);
      if (result !== undefined || !alive) return result;
      await options.look();
      await bell.rings(LOOK_MS);
    }
  } finally {
    bell.close();
  }
}

/** Tells at once when a file comes into a directory, as far as the machine can (inotify(7)); nothing relies on it. */
function bellOf(dir: string, file: string): { rings(atMostMs: number): Promise<void>; close(): void } {
  let rung = false;
  let wake = (): void => undefined;
  const ring = (): void => {
    rung = true;
    wake();
  };
  const watcher = watchOrNot(dir, (name) => {
    if (name === file) ring();
  });
  return {
    rings: (atMostMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(ring, atMostMs);
        wake = () => {
          clearTimeout(timer);
          rung = false;
          resolve();
        };
        if (rung) wake();
      }),
    close: () => watcher?.close(),
  };
}

/** A user has only so many watches; without one, time alone tells. */
function watchOrNot(dir: string, seen: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(dir, { persistent: false }, (_event, name) => seen(name));
    return watcher.on("error", () => watcher.close());
  } catch {
    return undefined;
  }
}

/** Tells the runner to end its build because somebody cancelled it. */
export async function cancelRunner(workDir: string): Promise<void> {
  await writeFileAtomic(join(workDir, WORK_FILES.cancel), "");
}

/** Ends a build as a stop of the machine would: it is built again, without counting. */
export function interruptRunner(claim: Pick<RunnerClaim, "pid" | "started">): boolean {
  if (!isAlive(claim)) return false;
  process.kill(claim.pid, "SIGTERM");
  return true;
}

function sameRun(a: RunOf, b: RunOf): boolean {
  return a.attempt === b.attempt && a.fence === b.fence && a.run === b.run;
}

async function readOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
