import { lstat, mkdir, opendir, readdir, rm, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { hasCode, linkIfAbsent, namesIn, statOrUndefined, syncDir, unlinkIfPresent } from "#platform";
import type { Digests } from "../release-file.ts";
import { BY_HASH_LIMITS, beyondLimits } from "./by-hash-limits.ts";
import type { DistributionPaths, Generation } from "./generation.ts";
import {
  countRetired,
  noteRetired,
  type RetiredFile,
  type RetiredList,
  readRetired,
  retiredLists,
  touchedSize,
} from "./retired-lists.ts";

/**
 * Former by-hash files stay for clients that read an earlier Release: those of the two generations before, and all
 * that were current within 24 hours, as far as there is room for them (`by-hash-limits.ts`). All generations of a
 * distribution share one directory of them, to which each leads by symbolic links, so a publish adds what is new and
 * takes away what is due, however many lie there. What is replaced is noted in one list for each minute; a list is
 * worked off when its day has passed, or others need its room.
 */

/**
 * Has the directories of a new generation share their by-hash files, also those of indices that it lacks: clients that
 * read an earlier Release still ask for them there. Returns the directories to sync at the end.
 */
export async function shareByHash(
  paths: DistributionPaths,
  dir: string,
  indexDirs: Iterable<string>,
): Promise<string[]> {
  const shared: string[] = [];
  for (const indexDir of new Set([...indexDirs, ...(await formerDirs(paths.byHash))])) {
    const target = join(paths.byHash, indexDir, "by-hash", "SHA256");
    await mkdir(target, { recursive: true });
    const place = join(dir, indexDir);
    await mkdir(place, { recursive: true });
    await symlink(relative(place, dirname(target)), join(place, "by-hash"));
    shared.push(target, dirname(target));
  }
  return shared;
}

/** Directories of indices with by-hash files, by a walk over directories alone. */
async function formerDirs(byHash: string, dir = ""): Promise<string[]> {
  const names = await namesIn(join(byHash, dir));
  const below = names.filter((name) => name !== "by-hash");
  const found = await Promise.all(below.map((name) => formerDirs(byHash, join(dir, name))));
  const own = names.includes("by-hash") && (await hasEntries(join(byHash, dir, "by-hash", "SHA256")));
  return [...(own ? [dir] : []), ...found.flat()];
}

/** Without reading them all: a busy distribution has thousands. */
async function hasEntries(dir: string): Promise<boolean> {
  const entries = await opendir(dir);
  try {
    return (await entries.read()) !== null;
  } finally {
    await entries.close();
  }
}

/** Notes what a new generation replaces. To be called before clients see that. */
export async function retire(
  paths: DistributionPaths,
  before: ReadonlyMap<string, Digests>,
  after: ReadonlyMap<string, Digests>,
  now: Date,
): Promise<void> {
  const current = namesOf(after);
  const gone = [...namesOf(before)].filter((name) => !current.has(name));
  // When it was last current; uncompressed names are not on disk.
  const noted = await Promise.all(
    gone.map(async (name): Promise<RetiredFile[]> => {
      const sizeBytes = await touchedSize(join(paths.byHash, name), now);
      return sizeBytes === undefined ? [] : [{ name, sizeBytes }];
    }),
  );
  await noteRetired(paths, noted.flat(), now);
}

/**
 * Removes what was replaced a day ago, or is more than there is room for, and is not of the last three generations. Work
 * is in proportion to that.
 */
export async function removeRetired(
  paths: DistributionPaths,
  generations: () => Promise<readonly Generation[]>,
  now: Date,
  limits = BY_HASH_LIMITS,
): Promise<void> {
  const lists = await retiredLists(paths);
  const due = lists.filter(({ endedAt }) => now.getTime() - endedAt > limits.keptMs);
  const counted = (await countRetired(paths, lists, now)) ?? [];
  const beyond = beyondLimits(counted, now.getTime(), limits).filter(
    ({ path }) => !due.some((list) => list.path === path),
  );
  if (due.length + beyond.length === 0) return;
  const kept = new Set((await generations()).flatMap(({ release }) => [...namesOf(release.files)]));
  for (const list of [...due, ...beyond]) await workOff(paths, list, kept, now);
}

async function workOff(
  paths: DistributionPaths,
  list: RetiredList,
  kept: ReadonlySet<string>,
  now: Date,
): Promise<void> {
  const later: RetiredFile[] = [];
  for (const file of await readRetired(list)) {
    const path = join(paths.byHash, file.name);
    if (kept.has(file.name)) later.push(file);
    // What was current again since then is in another list.
    else if (((await statOrUndefined(path))?.mtimeMs ?? 0) <= list.endedAt) await unlinkIfPresent(path);
  }
  await noteRetired(paths, later, now);
  await rm(list.path);
}

/**
 * Notes everything that is not current, and takes in the files of a generation that has by-hash directories of its
 * own, as earlier versions made them. For the cases in which lists may lack something: after a crash, or a restore.
 */
export async function noteAll(
  paths: DistributionPaths,
  current: Generation | undefined,
  now: Date,
): Promise<void> {
  const listed = current === undefined ? new Set<string>() : namesOf(current.release.files);
  if (current !== undefined) await adopt(paths, current.dir);
  const names = (await filesBelow(paths.byHash)).filter((name) => !listed.has(name));
  const files: RetiredFile[] = [];
  for (const name of names)
    files.push({ name, sizeBytes: (await statOrUndefined(join(paths.byHash, name)))?.size ?? 0 });
  await noteRetired(paths, files, now);
}

async function adopt(paths: DistributionPaths, dir: string): Promise<void> {
  for (const name of await filesBelow(dir)) {
    if (HASH_NAME.test(name)) await linkIfAbsent(join(dir, name), join(paths.byHash, name));
  }
}

const HASH_NAME = /(?:^|\/)by-hash\/SHA256\/[0-9a-f]{64}$/;

function namesOf(files: ReadonlyMap<string, Digests>): Set<string> {
  const names = [...files].map(([path, { sha256 }]) => join(dirname(path), "by-hash", "SHA256", sha256));
  return new Set(names);
}

async function filesBelow(dir: string): Promise<string[]> {
  try {
    if (!(await lstat(dir)).isDirectory()) return [];
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)));
}

/** Makes new by-hash names durable. */
export async function syncShared(dirs: readonly string[]): Promise<void> {
  await Promise.all(dirs.map(syncDir));
}
