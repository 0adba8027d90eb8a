import { appendFile, lstat, mkdir, opendir, readdir, readFile, rm, symlink, utimes } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { hasCode, linkIfAbsent, namesIn, statOrUndefined, syncDir, unlinkIfPresent } from "#platform";
import type { Digests } from "../release-file.ts";
import type { DistributionPaths, Generation } from "./generation.ts";

/**
 * Former by-hash files stay for clients that read an earlier Release: those of the two generations before, and all
 * that were current within 24 hours. All generations of a distribution share one directory of them, to which each
 * leads by symbolic links, so a publish adds what is new and takes away what is due, however many lie there. What is
 * replaced is noted in one list for each hour; an hour's list is worked off when a day has passed.
 */

const KEPT_SECONDS = 24 * 3600;
const HOUR_MS = 3_600_000;

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
    gone.map(async (name) => ((await touch(join(paths.byHash, name), now)) ? [name] : [])),
  );
  await note(paths, noted.flat(), now);
}

/** Removes what was replaced a day ago and is not of the last three generations. Work is in proportion to that. */
export async function removeRetired(
  paths: DistributionPaths,
  generations: () => Promise<readonly Generation[]>,
  now: Date,
): Promise<void> {
  const lists = await dueLists(paths, now);
  if (lists.length === 0) return;
  const kept = new Set((await generations()).flatMap(({ release }) => [...namesOf(release.files)]));
  for (const list of lists) {
    const names = (await readFile(list, "utf8")).split("\n").filter((name) => name !== "");
    const later: string[] = [];
    for (const name of new Set(names)) {
      const file = join(paths.byHash, name);
      const stat = await statOrUndefined(file);
      if (stat === undefined) continue;
      if (kept.has(name)) later.push(name);
      else if (now.getTime() - stat.mtimeMs > KEPT_SECONDS * 1000) await unlinkIfPresent(file);
      else later.push(name);
    }
    await note(paths, later, now);
    await rm(list);
  }
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
  await note(paths, names, now);
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

async function note(paths: DistributionPaths, names: readonly string[], now: Date): Promise<void> {
  if (names.length === 0) return;
  await mkdir(paths.retired, { recursive: true });
  const hour = Math.floor(now.getTime() / HOUR_MS);
  await appendFile(join(paths.retired, `${hour}.list`), names.map((name) => `${name}\n`).join(""));
}

async function dueLists(paths: DistributionPaths, now: Date): Promise<string[]> {
  const due = Math.floor(now.getTime() / HOUR_MS - KEPT_SECONDS / 3600 - 1);
  const names = await namesIn(paths.retired);
  return names
    .filter((name) => /^[0-9]+\.list$/.test(name) && Number.parseInt(name, 10) <= due)
    .map((name) => join(paths.retired, name));
}

async function touch(file: string, now: Date): Promise<boolean> {
  try {
    await utimes(file, now, now);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
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
