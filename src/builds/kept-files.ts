import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseBkey } from "#deb";
import { exists, type Home, linkIfAbsent, namesIn } from "#platform";

/** Directory of the kept log and results of one build: `builds/<source>/<version>/<timecode>/source/<arch>`. */
export function keptDir(home: Pick<Home, "builds">, bkey: string): string {
  const key = parseBkey(bkey);
  if (key?.architecture === undefined) throw new Error(`not the key of a build: ${bkey}`);
  return join(home.builds, key.source, key.version, key.timecode, "source", key.architecture);
}

/**
 * Keeps what is kept of a build under the key of another one, too: a retry takes builds over. By hard links, as kept
 * files are only ever replaced as a whole. Nothing when nothing is kept any more.
 */
export async function copyKept(home: Pick<Home, "builds">, fromBkey: string, toBkey: string): Promise<void> {
  const from = keptDir(home, fromBkey);
  const to = keptDir(home, toBkey);
  if (!(await exists(from))) return;
  for (const name of await readdir(from)) await linkIfAbsent(join(from, name), join(to, name));
}

/** Name under which a log of the work directory is kept. */
export function keptLogName(log: string): string {
  return `${log}.zst`;
}

export const KEPT_LOG = keptLogName("build.log");
export const KEPT_RESULT = "result.json";

/** What names of logs of an earlier attempt begin with; its number is the fence, as no two attempts have the same. */
export function attemptPrefix(fence: number): string {
  return `attempt-${fence}`;
}

/** Name of a kept log: of the build, or of an attempt that was not its last. */
export function logFileName(log: string, attempt?: number): string {
  if (attempt === undefined) return keptLogName(log);
  return log === "build.log"
    ? `${attemptPrefix(attempt)}.log.zst`
    : `${attemptPrefix(attempt)}-${keptLogName(log)}`;
}

/** Numbers of the earlier attempts that a log is kept of, newest first. */
export async function keptAttempts(home: Pick<Home, "builds">, bkey: string): Promise<number[]> {
  const numbers = (await namesIn(keptDir(home, bkey))).flatMap((name) => {
    const digits = /^attempt-([0-9]{1,9})\.log\.zst$/.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
  return numbers.sort((one, other) => other - one);
}

/** Where a build works while it runs. */
export function workDirOf(home: Pick<Home, "work">, buildId: number): string {
  return join(home.work, String(buildId));
}
