import { execa } from "execa";
import { MbdError } from "./errors.ts";

export interface ExecOptions {
  /** Default `/`: the caller's own directory may be closed to the user that the tool runs as. */
  readonly cwd?: string;
  /** The whole environment of the tool; the daemon's own is never passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** A promise: the tool is started now and gets its input when that is there. */
  readonly input?: string | Uint8Array | Promise<string>;
  readonly timeoutMs?: number;
  /** Most bytes of output kept per stream; a tool that prints more is ended. */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
  /**
   * The tool leads a process group of its own, and nothing of that outlives it: a tool that must be ended is killed, and
   * all it started with it. Default: SIGTERM to the tool alone, and SIGKILL where that does not help.
   */
  readonly ownGroup?: boolean;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Name of the signal that ended the tool, if one did. */
  readonly signal?: string;
  readonly timedOut: boolean;
}

/** Runs a tool. Tests hand in a recording one; the real one is `exec`. */
export type Exec = (file: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

export const TOOL_ENV = {
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
  LC_ALL: "C.UTF-8",
} as const;

/** Runs `file` with an argument array (never a shell) and reports however it ended; throws only if it cannot start. */
export const exec: Exec = async (file, args, options = {}) => {
  const running = execa(file, [...args], {
    reject: false,
    extendEnv: false,
    stripFinalNewline: false,
    env: { ...TOOL_ENV, ...options.env },
    maxBuffer: options.maxOutputBytes ?? 16 * 1024 * 1024,
    cwd: options.cwd ?? "/",
    ...inputOf(options.input),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    ...(options.ownGroup === true ? { detached: true, killSignal: "SIGKILL" as const } : {}),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  // At its exit, since what it left behind may hold its output open for ever.
  if (options.ownGroup === true) running.once("exit", () => endGroup(running.pid));
  const result = await running;
  if (result.exitCode === undefined && result.signal === undefined && !result.timedOut) {
    if (result.code === "ENOENT") throw new MbdError("tool_missing", { tool: file, package: file });
    throw new MbdError("tool_failed", {
      tool: file,
      reason: result.shortMessage ?? "it could not be started",
    });
  }
  return {
    exitCode: result.exitCode ?? -1,
    stdout: String(result.stdout ?? ""),
    stderr: String(result.stderr ?? ""),
    timedOut: result.timedOut,
    ...(result.signal === undefined ? {} : { signal: result.signal }),
  };
};

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // Nothing is left of it, or nothing that is ours.
  }
}

function inputOf(input: ExecOptions["input"]) {
  if (input === undefined) return { stdin: "ignore" as const };
  return input instanceof Promise ? { stdin: once(input) } : { input };
}

async function* once(input: Promise<string>): AsyncGenerator<string> {
  yield await input;
}

/** Like `exec`, but anything other than exit code 0 is a `tool_failed` that quotes the tool's last words. */
export async function execOk(
  run: Exec,
  file: string,
  args: readonly string[],
  options?: ExecOptions,
): Promise<ExecResult> {
  const result = await run(file, args, options);
  if (result.exitCode !== 0 || result.timedOut) {
    const words = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-3).join(" / ");
    const how = result.timedOut ? "it took too long" : `exit ${result.signal ?? result.exitCode}`;
    throw new MbdError("tool_failed", { tool: file, reason: `${how}${words === "" ? "" : `: ${words}`}` });
  }
  return result;
}
