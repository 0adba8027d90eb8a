import { statfs } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { type Exec, type ExecResult, MbdError } from "#platform";

const GIB = 1024 ** 3;

/** What work on one untrusted source may take. */
export interface SourceLimits {
  /** Of all in its directory: what it came as, what that holds, and what is made of it. */
  readonly bytes: number;
  readonly files: number;
  /** On the disk, what others need: above that at which builds are ended. */
  readonly freeBytes: number;
  /** Of one tool. */
  readonly timeoutMs: number;
  /** Between two looks at the directory; more where it is large. */
  readonly lookMs: number;
}

/** The largest sources of distributions have some GiB and half a million files. */
export const SOURCE_LIMITS: SourceLimits = {
  bytes: 32 * GIB,
  files: 2_000_000,
  freeBytes: 5 * GIB,
  timeoutMs: 60 * 60 * 1000,
  lookMs: 1000,
};

/** Ports must not end builds. @param diskFreeBytes at which builds are ended, where that is not the default */
export function sourceLimits(diskFreeBytes: number | undefined): Partial<SourceLimits> {
  return diskFreeBytes === undefined ? {} : { freeBytes: diskFreeBytes + GIB };
}

/** A look takes no more than this part of the time. */
const LOOK_PART = 10;

/**
 * Runs a tool while looking at what it makes of a directory, and ends it once that is too much.
 * @throws MbdError source_too_large
 */
export async function withinLimits(
  exec: Exec,
  dir: string,
  limits: SourceLimits,
  run: (signal: AbortSignal) => Promise<ExecResult>,
): Promise<ExecResult> {
  const tool = new AbortController();
  const watch = new AbortController();
  const watched = (async () => {
    for (let waitMs = limits.lookMs; ; ) {
      await pause(waitMs, undefined, { signal: watch.signal });
      const began = performance.now();
      const problem = await excessOf(exec, dir, limits);
      if (problem !== undefined) return problem;
      waitMs = Math.max(limits.lookMs, LOOK_PART * (performance.now() - began));
    }
  })();
  // A watch that is broken ends what it watches, too.
  const found = watched
    .finally(() => tool.abort())
    .catch((error: unknown) => (watch.signal.aborted ? undefined : error));
  const result = await run(tool.signal).finally(() => watch.abort());
  const problem = (await found) ?? (await excessOf(exec, dir, limits));
  if (problem instanceof Error) throw problem;
  if (result.timedOut) throw tooLarge(`it took more than ${limits.timeoutMs / 60_000} minutes`);
  return result;
}

async function excessOf(exec: Exec, dir: string, limits: SourceLimits): Promise<MbdError | undefined> {
  const { bavail, bsize, files: inodes, ffree } = await statfs(dir);
  const { freeBytes } = limits;
  if (bavail * bsize < freeBytes) return tooLarge(`less than ${freeBytes} bytes would be left on the disk`);
  // Some file systems count none.
  if (inodes > 0 && ffree < inodes / 50) return tooLarge("the disk would have no room for more files");
  const bytes = 1024 * (await measure(exec, dir, "--block-size=1024"));
  if (bytes > limits.bytes) return tooLarge(`it takes more than ${limits.bytes} bytes`);
  const files = await measure(exec, dir, "--inodes");
  return files > limits.files ? tooLarge(`it has more than ${limits.files} files`) : undefined;
}

/** As root of a namespace, who may enter directories that are closed to us. What goes meanwhile is no matter. */
async function measure(exec: Exec, dir: string, what: string): Promise<number> {
  const { stdout, stderr } = await exec("unshare", ["--map-root-user", "--", "du", "-sx", what, dir]);
  const total = /^([0-9]+)\s/.exec(stdout)?.[1];
  if (total === undefined)
    throw new MbdError("tool_failed", { tool: "du", reason: stderr.trim() || "it told nothing" });
  return Number(total);
}

function tooLarge(reason: string): MbdError {
  return new MbdError("source_too_large", { reason });
}
