import { appendFile, mkdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, namesIn, statOrUndefined } from "#platform";
import type { RetiredFiles } from "./by-hash-limits.ts";
import type { DistributionPaths } from "./generation.ts";

/**
 * Lists of by-hash files that were replaced: `m<minute>.list`, with a size and a name a line. Earlier versions wrote
 * `<hour>.list`, with names only.
 */
export interface RetiredList {
  readonly path: string;
  /** When its time was over, in milliseconds. */
  readonly endedAt: number;
}

export interface RetiredFile {
  /** Below the directory of by-hash files. */
  readonly name: string;
  readonly sizeBytes: number;
}

const MINUTE_MS = 60_000;
const LIST = /^(m?)([0-9]+)\.list$/;

export async function noteRetired(
  paths: DistributionPaths,
  files: readonly RetiredFile[],
  now: Date,
): Promise<void> {
  if (files.length === 0) return;
  await mkdir(paths.retired, { recursive: true });
  const minute = Math.floor(now.getTime() / MINUTE_MS);
  const lines = files.map(({ name, sizeBytes }) => `${sizeBytes} ${name}\n`).join("");
  await appendFile(join(paths.retired, `m${minute}.list`), lines);
}

export async function retiredLists({ retired }: DistributionPaths): Promise<RetiredList[]> {
  return (await namesIn(retired)).flatMap((name) => {
    const [, isMinute, number] = LIST.exec(name) ?? [];
    if (number === undefined) return [];
    const lengthMs = isMinute === "m" ? MINUTE_MS : 60 * MINUTE_MS;
    return [{ path: join(retired, name), endedAt: (Number(number) + 1) * lengthMs }];
  });
}

/** Each name once. */
export async function readRetired({ path }: RetiredList): Promise<RetiredFile[]> {
  const files = new Map<string, RetiredFile>();
  for (const line of (await readFile(path, "utf8")).split("\n")) {
    const [, size = "0", name = ""] = /^(?:([0-9]+) )?(.+)$/.exec(line) ?? [];
    if (name !== "") files.set(name, { name, sizeBytes: Number(size) });
  }
  return [...files.values()];
}

/** How much each list names. Once a minute only, however often there is a publish: else undefined. */
export async function countRetired(
  paths: DistributionPaths,
  lists: readonly RetiredList[],
  now: Date,
): Promise<(RetiredList & RetiredFiles)[] | undefined> {
  const counted = join(paths.retired, "counted");
  const last = (await statOrUndefined(counted))?.mtimeMs ?? 0;
  if (lists.length === 0 || Math.abs(now.getTime() - last) < MINUTE_MS) return undefined;
  const all: (RetiredList & RetiredFiles)[] = [];
  for (const list of lists) {
    const files = await readRetired(list);
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    all.push({ ...list, files: files.length, bytes });
  }
  await mkdir(paths.retired, { recursive: true });
  await writeFile(counted, "");
  await utimes(counted, now, now);
  return all;
}

/** Size of a file, which then counts as used at `now`; undefined where there is none. */
export async function touchedSize(file: string, now: Date): Promise<number | undefined> {
  try {
    await utimes(file, now, now);
    return (await stat(file)).size;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
