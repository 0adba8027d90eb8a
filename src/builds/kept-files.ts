import { join } from "node:path";
import { parseBkey } from "#deb";
import type { Home } from "#platform";

/** Directory of the kept log and results of one build: `builds/<source>/<version>/<timecode>/source/<arch>`. */
export function keptDir(home: Pick<Home, "builds">, bkey: string): string {
  const key = parseBkey(bkey);
  if (key?.architecture === undefined) throw new Error(`not the key of a build: ${bkey}`);
  return join(home.builds, key.source, key.version, key.timecode, "source", key.architecture);
}

export const KEPT_LOG = "build.log.zst";
export const KEPT_RESULT = "result.json";

export function attemptLogName(attempt: number): string {
  return `attempt-${attempt}.log.zst`;
}

/** Where a build works while it runs. */
export function workDirOf(home: Pick<Home, "work">, buildId: number): string {
  return join(home.work, String(buildId));
}
