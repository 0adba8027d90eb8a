import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode } from "#platform";
import { runQuietly } from "./leftovers.ts";
import { WORK_FILES } from "./task.ts";

/** How long a neighbour's figure, or its word that room is coming, counts. */
const FRESH_MS = 60_000;
/** Below this many times the limit, builds tell how much they use, so that all is told when it matters. */
const TELL_BELOW = 2;
const TELL_MS = 10_000;
/** With too little free, they look more often, and wait at most so long for neighbours that say nothing. */
const FULL_MS = 2000;
const PATIENCE_MS = 10_000;

export async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

export interface DiskWatch {
  /** Whether this build has to give way now. Cheap as long as there is room: to be asked at every turn. */
  mustGiveWay(): Promise<boolean>;
}

export interface DiskWatchDeps {
  readonly nowMs?: () => number;
  readonly free?: typeof freeBytes;
}

/**
 * With the disk nearly full, the largest build ends, not all: each runner measures its own directory and tells the
 * neighbours. One gives way only when no neighbour uses more (equal: the first by name), all of them having told since the
 * disk was found full, and none being on its way out, which makes room.
 */
export function createDiskWatch(
  workDir: string,
  limitBytes: number,
  { nowMs = Date.now, free = freeBytes }: DiskWatchDeps = {},
): DiskWatch {
  let fullSince: number | undefined;
  let measuredAt = Number.NEGATIVE_INFINITY;
  return {
    async mustGiveWay() {
      const freeNow = await free(dirname(workDir));
      const full = freeNow < limitBytes;
      const now = nowMs();
      if (!full) fullSince = undefined;
      else fullSince ??= now;
      if (freeNow >= TELL_BELOW * limitBytes) return false;
      if (now - measuredAt < (full ? FULL_MS : TELL_MS)) return false;
      measuredAt = now;
      const usedNow = await usedBytes(workDir);
      // From here on nothing is awaited, so that hardly two of them decide at once.
      const others = neighbours(workDir, nowMs());
      const roomComes = others.some(({ ends }) => ends);
      // The wait for what all of them tell begins anew behind that.
      if (roomComes && full) fullSince = nowMs();
      const since = fullSince;
      const gives =
        since !== undefined &&
        !roomComes &&
        others.every(({ toldAt }) => toldAt >= since || nowMs() - since >= PATIENCE_MS) &&
        others.every((other) => isSmaller(other, { path: workDir, usedBytes: usedNow }));
      tell(workDir, { usedBytes: usedNow, ends: gives });
      return gives;
    },
  };
}

interface Usage {
  readonly usedBytes: number;
  /** The build is being ended for want of room. */
  readonly ends: boolean;
}

interface Neighbour extends Usage {
  readonly path: string;
  /** When it told; 0 when it did not, or long ago. */
  readonly toldAt: number;
}

function isSmaller(
  other: Pick<Neighbour, "path" | "usedBytes">,
  mine: Pick<Neighbour, "path" | "usedBytes">,
) {
  return other.usedBytes < mine.usedBytes || (other.usedBytes === mine.usedBytes && other.path > mine.path);
}

/** Says that room is coming as long as a build is being ended, which may take a while. */
export interface RoomMark {
  set(): void;
  /** What it uses from now on is unknown. */
  clear(): void;
}

export function createRoomMark(workDir: string): RoomMark {
  let timer: NodeJS.Timeout | undefined;
  const mark = (): void => tell(workDir, { usedBytes: 0, ends: true });
  return {
    set() {
      mark();
      timer ??= setInterval(mark, TELL_MS);
    },
    clear() {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      tell(workDir, { usedBytes: 0, ends: false });
    },
  };
}

const TOLD_LENGTH = 64;

/** In place, which needs no room once the file is there; on a disk without any, what was told before must do. */
function tell(workDir: string, usage: Usage): void {
  const path = join(workDir, WORK_FILES.usage);
  const flag = existsSync(path) ? "r+" : "w";
  try {
    writeFileSync(path, `${JSON.stringify(usage).padEnd(TOLD_LENGTH)}\n`, { flag });
  } catch (error) {
    if (!hasCode(error, "ENOSPC", "EDQUOT")) throw error;
  }
}

/** The other builds that run here. */
function neighbours(workDir: string, now: number): Neighbour[] {
  const parent = dirname(workDir);
  return readdirSync(parent)
    .map((name) => join(parent, name))
    .filter((path) => path !== workDir && runs(path))
    .map((path) => ({ path, ...told(path, now) }));
}

function runs(path: string): boolean {
  return existsSync(join(path, WORK_FILES.runner)) && !existsSync(join(path, WORK_FILES.result));
}

function told(workDir: string, now: number): Omit<Neighbour, "path"> {
  const nothing = { usedBytes: 0, ends: false, toldAt: 0 };
  const path = join(workDir, WORK_FILES.usage);
  try {
    const toldAt = statSync(path).mtimeMs;
    if (now - toldAt > FRESH_MS) return nothing;
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof value !== "object" || value === null) return nothing;
    const used = "usedBytes" in value && typeof value.usedBytes === "number" ? value.usedBytes : 0;
    return { usedBytes: used, ends: "ends" in value && value.ends === true, toldAt };
  } catch (error) {
    // Also one that is just being written, or could not be, for want of room.
    if (hasCode(error, "ENOENT", "ENOTDIR") || error instanceof SyntaxError) return nothing;
    throw error;
  }
}

/** Bytes on disk, also of unpacked chroots, which only a user namespace can look into; without one, what we can see. */
export async function usedBytes(workDir: string): Promise<number> {
  const measure = ["du", "-skx", workDir];
  const inside = kilobytes(await runQuietly("unshare", ["--map-root-user", "--map-auto", ...measure]));
  return inside ?? kilobytes(await runQuietly("du", measure.slice(1))) ?? 0;
}

function kilobytes(output: string): number | undefined {
  const number = /^([0-9]+)\s/.exec(output)?.[1];
  return number === undefined ? undefined : Number(number) * 1024;
}
