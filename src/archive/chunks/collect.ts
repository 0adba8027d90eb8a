import { join } from "node:path";
import { namesIn, removeTree, statOrUndefined, unlinkIfPresent } from "#platform";

/** How often the use of a chunk is noted in its modification time. */
export const TOUCH_SECONDS = 86_400;
/** Nobody writes for so long: what a killed process left. */
const LEFTOVER_SECONDS = 86_400;

const CHUNK_NAME = /^[0-9a-f]{64}$/;
const SHARD_NAME = /^[0-9a-f]{2}$/;

export function isChunkName(name: string): boolean {
  return CHUNK_NAME.test(name);
}

/** The directory of a chunk. */
export function shardOf(sha256: string): string {
  return sha256.slice(0, 2);
}

/**
 * Removes old chunks that are not used, and leftovers. Others may read, write and collect meanwhile; a chunk that is
 * taken up again in the very instant of its removal counts as lost afterwards. Returns how many chunks went.
 */
export async function collectChunks(
  dir: string,
  used: ReadonlySet<string>,
  graceSeconds: number,
  now: Date,
): Promise<number> {
  const olderThan = async (path: string, seconds: number): Promise<boolean> => {
    const found = await statOrUndefined(path);
    return found !== undefined && found.mtimeMs < now.getTime() - seconds * 1000;
  };
  let removed = 0;
  for (const shard of await namesIn(dir)) {
    const path = join(dir, shard);
    if (!SHARD_NAME.test(shard)) {
      if (await olderThan(path, LEFTOVER_SECONDS)) await removeTree(path);
      continue;
    }
    for (const name of await namesIn(path)) {
      if (used.has(name)) continue;
      const seconds = isChunkName(name) ? graceSeconds + TOUCH_SECONDS : LEFTOVER_SECONDS;
      if (!(await olderThan(join(path, name), seconds))) continue;
      await unlinkIfPresent(join(path, name));
      if (isChunkName(name)) removed += 1;
    }
  }
  return removed;
}
