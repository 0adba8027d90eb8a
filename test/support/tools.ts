import { exec, TOOL_ENV } from "#platform";

/** Environment of the tools of a test: nothing of the person's own, and tools where Debian puts them. */
export const CLEAN_ENV = { ...TOOL_ENV, DEBIAN_FRONTEND: "noninteractive" } as const;

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** What a tool printed, on both streams, and how it ended. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool to its end, however it ends. */
export async function tryRun(file: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd, input, timeoutMs = 300_000, env } = options;
  const ran = await exec(file, args, {
    env: { ...CLEAN_ENV, ...env },
    timeoutMs,
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
  });
  return { exitCode: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr };
}

/** Runs a tool that must succeed; returns what it printed on stdout. */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await tryRun(file, args, options);
  if (ran.exitCode !== 0)
    throw new Error(`${file} ${args.join(" ")}: exit ${ran.exitCode}\n${ran.stdout}\n${ran.stderr}`);
  return ran.stdout;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  /** What is waited for, for the error. */
  readonly what: string;
  /** Between two questions; default 25. */
  readonly pauseMs?: number;
}

/** Asks until there is an answer; the pause between two questions is short, the whole is bounded. */
export async function waitFor<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T> {
  const end = Date.now() + options.timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`${options.what}: not within ${options.timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, options.pauseMs ?? 25));
  }
}
