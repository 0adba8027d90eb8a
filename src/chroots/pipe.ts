import { type ChildProcess, spawn } from "node:child_process";
import { pipeline } from "node:stream/promises";
import { errorText, TOOL_ENV } from "#platform";

export interface PipeOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Told the last of what a tool that failed said. */
  readonly onFailed?: (words: string) => void;
}

const KEPT_CHARS = 8000;

/**
 * Runs `first | second`; both must end with 0. Aborting asks the first one's process group to end (mmdebstrap then
 * removes its directory) and waits for it.
 * @throws Error with the tools' last words
 */
export async function pipe(
  first: readonly string[],
  second: readonly string[],
  { env, cwd, signal, onFailed }: PipeOptions,
): Promise<void> {
  signal.throwIfAborted();
  const options = { env: { ...TOOL_ENV, ...env }, cwd };
  const [program = "", ...args] = first;
  const source = spawn(program, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const [sinkProgram = "", ...sinkArgs] = second;
  const sink = spawn(sinkProgram, sinkArgs, { ...options, stdio: ["pipe", "ignore", "pipe"] });
  // A failing copy is the consequence of a tool that ended early; that one says why.
  const copied = pipeline(source.stdout, sink.stdin).then(
    () => undefined,
    (error: unknown) => errorText(error),
  );
  const end = (): void => endGroup(source);
  signal.addEventListener("abort", end);
  try {
    const results = await Promise.all([
      outcome(program, source, onFailed),
      outcome(sinkProgram, sink, onFailed),
      copied,
    ]);
    const problem = results.find((result) => result !== undefined);
    if (problem !== undefined) throw new Error(signal.aborted ? abortReason(signal) : problem);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid, "SIGTERM");
}

/** How a process failed, or undefined when it ended well. */
function outcome(
  program: string,
  child: ChildProcess,
  onFailed: PipeOptions["onFailed"],
): Promise<string | undefined> {
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-KEPT_CHARS);
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`${program}: ${error.message}`));
    child.once("close", (code, signal) => {
      if (code !== 0) onFailed?.(words);
      resolve(code === 0 ? undefined : `${program} ended with ${signal ?? code}: ${lastWords(words)}`);
    });
  });
}

/** The errors a tool named as such, else its last lines. */
export function lastWords(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const errors = lines.filter((line) => /^(?:E|Err|W): /.test(line));
  return (errors.length > 0 ? errors : lines).slice(-3).join(" / ");
}

function abortReason(signal: AbortSignal): string {
  const reason: unknown = signal.reason;
  return reason instanceof Error && reason.name === "TimeoutError" ? "it took too long" : errorText(reason);
}
