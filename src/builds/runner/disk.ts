import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "#platform";
import { roomIn, type Scarce, usedIn } from "./room.ts";
import { WORK_FILES } from "./task.ts";

/** How long a neighbour's figure, or its word that room is coming, counts. */
const FRESH_MS = 60_000;
/** Below this many times the limit, builds tell how much they use, so that all is told when it matters. */
const TELL_BELOW = 2;
const TELL_MS = 10_000;
/** With too little free, they look more often, and wait at most so long for neighbours that say nothing. */
const FULL_MS = 2000;
const PATIENCE_MS = 10_000;

/** How long a look waits for what is being measured; without it, what was found before counts. */
const LOOK_MS = 250;
/** Below this part of what must be free, writes may have failed before anybody looked. */
const STARVED = 0.5;

export interface DiskWatch {
  /** Whether this build has to give way now. Cheap as long as there is room: to be asked at every turn. */
  mustGiveWay(): Promise<boolean>;
  /** Whether there was so little room at some look that what fails may have failed for want of it. */
  starved(): boolean;
  /** Ends what is being measured. */
  close(): Promise<void>;
}

export interface DiskWatchDeps {
  readonly nowMs?: () => number;
  readonly room?: typeof roomIn;
  readonly used?: typeof usedIn;
  readonly lookMs?: number;
}

/**
 * With the disk nearly full, the largest build ends, not all: each runner measures its own directory and tells the
 * neighbours. One gives way only when no neighbour uses more (equal: the first by name), all of them having told since the
 * disk was found full, and none being on its way out, which makes room.
 */
export function createDiskWatch(
  workDir: string,
  leastBytes: number,
  { nowMs = Date.now, room = roomIn, used = usedIn, lookMs = LOOK_MS }: DiskWatchDeps = {},
): DiskWatch {
  const closed = new AbortController();
  let fullSince: number | undefined;
  let measuredAt = Number.NEGATIVE_INFINITY;
  let measuring: Promise<void> | undefined;
  let gives = false;
  let starved = false;

  /** Millions of files take minutes to count, in which the other limits have to be looked at. */
  async function measure(scarce: Scarce): Promise<void> {
    const usedNow = await used(workDir, scarce, closed.signal);
    if (usedNow === undefined || closed.signal.aborted) return;
    const mine = { path: workDir, used: usedNow };
    // From here on nothing is awaited, so that hardly two of them decide at once.
    const others = neighbours(workDir, scarce, nowMs());
    const roomComes = others.some(({ ends }) => ends);
    // The wait for what all of them tell begins anew behind that.
    if (roomComes && fullSince !== undefined) fullSince = nowMs();
    const since = fullSince;
    gives =
      since !== undefined &&
      !roomComes &&
      others.every(({ toldAt }) => toldAt >= since || nowMs() - since >= PATIENCE_MS) &&
      others.every((other) => isSmaller(other, mine));
    tell(workDir, { used: usedNow, of: scarce, ends: gives });
  }

  return {
    async mustGiveWay() {
      const { share, scarce } = await room(dirname(workDir), leastBytes);
      const full = share < 1;
      if (!full) fullSince = undefined;
      else fullSince ??= nowMs();
      starved ||= share < STARVED;
      if (share >= TELL_BELOW) return false;
      const now = nowMs();
      if (measuring === undefined && now - measuredAt >= (full ? FULL_MS : TELL_MS)) {
        measuredAt = now;
        measuring = measure(scarce).finally(() => {
          measuring = undefined;
        });
        measuring.catch(() => undefined);
      }
      if (measuring !== undefined) await Promise.race([measuring, delay(lookMs, undefined, { ref: false })]);
      return gives && fullSince !== undefined;
    },
    starved: () => starved,
    async close() {
      closed.abort();
      await measuring?.catch(() => undefined);
    },
  };
}

interface Usage {
  readonly used: number;
  readonly of: Scarce;
  /** The build is being ended for want of room. */
  readonly ends: boolean;
}

interface Neighbour extends Pick<Usage, "used" | "ends"> {
  readonly path: string;
  /** When it told; 0 when it did not, or long ago. */
  readonly toldAt: number;
}

type Sized = Pick<Neighbour, "path" | "used">;

function isSmaller(other: Sized, mine: Sized): boolean {
  return other.used < mine.used || (other.used === mine.used && other.path > mine.path);
}

/** Says that room is coming as long as a build is being ended, which may take a while. */
export interface RoomMark {
  set(): void;
  /** What it uses from now on is unknown. */
  clear(): void;
}

export function createRoomMark(workDir: string): RoomMark {
  let timer: NodeJS.Timeout | undefined;
  const mark = (): void => tell(workDir, { used: 0, of: "bytes", ends: true });
  return {
    set() {
      mark();
      timer ??= setInterval(mark, TELL_MS);
    },
    clear() {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      tell(workDir, { used: 0, of: "bytes", ends: false });
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
function neighbours(workDir: string, scarce: Scarce, now: number): Neighbour[] {
  const parent = dirname(workDir);
  return readdirSync(parent)
    .map((name) => join(parent, name))
    .filter((path) => path !== workDir && runs(path))
    .map((path) => ({ path, ...told(path, scarce, now) }));
}

function runs(path: string): boolean {
  return existsSync(join(path, WORK_FILES.runner)) && !existsSync(join(path, WORK_FILES.result));
}

/** One that told of something else than what is scarce now has not told yet; that it ends, counts. */
function told(workDir: string, scarce: Scarce, now: number): Omit<Neighbour, "path"> {
  const nothing = { used: 0, ends: false, toldAt: 0 };
  const path = join(workDir, WORK_FILES.usage);
  try {
    const toldAt = statSync(path).mtimeMs;
    if (now - toldAt > FRESH_MS) return nothing;
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof value !== "object" || value === null) return nothing;
    const ends = "ends" in value && value.ends === true;
    if (!("used" in value) || typeof value.used !== "number") return { ...nothing, ends };
    if (!("of" in value) || value.of !== scarce) return { ...nothing, ends };
    return { used: value.used, ends, toldAt };
  } catch (error) {
    // Also one that is just being written, or could not be, for want of room.
    if (hasCode(error, "ENOENT", "ENOTDIR") || error instanceof SyntaxError) return nothing;
    throw error;
  }
}
