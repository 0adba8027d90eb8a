import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exists, hasCode, linkIfAbsent, removeTree, statOrUndefined } from "#platform";
import { type PublishedRelease, parseRelease } from "../release-file.ts";

/** Where a distribution lies: clients follow `link` to one of the numbered directories below `root`. */
export interface DistributionPaths {
  readonly link: string;
  readonly root: string;
  /** Target of the link for a generation, relative, so that a repository can be moved or mirrored as a whole. */
  target(number: number): string;
  generation(number: number): string;
}

export interface Generation {
  readonly number: number;
  readonly dir: string;
  readonly release: PublishedRelease;
}

export function distributionPaths(repositoryRoot: string, name: string): DistributionPaths {
  const root = join(repositoryRoot, ".generations", name);
  return {
    link: join(repositoryRoot, "dists", name),
    root,
    target: (number) => `../.generations/${name}/${number}`,
    generation: (number) => join(root, String(number)),
  };
}

/** The generation that clients see, if it is there and whole. */
export async function currentGeneration(paths: DistributionPaths): Promise<Generation | undefined> {
  const number = await currentNumber(paths);
  return number === undefined ? undefined : await readGeneration(paths, number);
}

export async function readGeneration(
  paths: DistributionPaths,
  number: number,
): Promise<Generation | undefined> {
  const dir = paths.generation(number);
  if (!(await exists(join(dir, "InRelease"))) || !(await exists(join(dir, "Release.gpg")))) return undefined;
  const release = parseRelease(await readFile(join(dir, "Release"), "utf8"));
  return release === undefined ? undefined : { number, dir, release };
}

/**
 * Lets clients see a generation: one rename. Synchronous, as it happens inside the transaction that records it, whose
 * row lock keeps a publisher that was overtaken from doing the same.
 */
export function switchTo(paths: DistributionPaths, number: number): void {
  const temporary = join(paths.root, "link");
  const dists = dirname(paths.link);
  mkdirSync(dists, { recursive: true });
  rmSync(temporary, { force: true });
  symlinkSync(paths.target(number), temporary);
  renameSync(temporary, paths.link);
  syncDirNow(dists);
}

const BY_HASH_SECONDS = 24 * 3600;

/**
 * Takes former by-hash files along, for clients that read an earlier Release: those of the two generations before,
 * and all that were current within 24 hours. Modification times say when a file was last current.
 */
export async function carryByHash(
  previous: Generation,
  older: Generation | undefined,
  dir: string,
  now: Date,
): Promise<void> {
  const names = await readdir(previous.dir, { recursive: true });
  const listed = hashesOf(previous);
  const before = older === undefined ? new Set<string>() : hashesOf(older);
  for (const name of names) {
    const sha256 = /(?:^|\/)by-hash\/SHA256\/([0-9a-f]{64})$/.exec(name)?.[1];
    if (sha256 === undefined || (await exists(join(dir, name)))) continue;
    const file = join(previous.dir, name);
    if (listed.has(sha256)) await utimes(file, now, now);
    else if (!before.has(sha256) && (await ageSeconds(file, now)) > BY_HASH_SECONDS) continue;
    await linkIfAbsent(file, join(dir, name));
  }
}

/** Removes what crashes left: generations that clients never saw. Only for the one who may publish. */
export async function removeUnseen(paths: DistributionPaths): Promise<void> {
  const current = await currentNumber(paths);
  for (const number of await generationNumbers(paths)) {
    if (current === undefined || number > current) await removeTree(paths.generation(number));
  }
}

/** Time for those who are in the middle of reading an earlier generation without by-hash. */
const GRACE_SECONDS = 3600;
const GENERATIONS_KEPT = 2;

/** Removes generations that were replaced an hour ago, but never the last two before the current one. */
export async function removeOld(paths: DistributionPaths, now: Date): Promise<void> {
  const current = await currentNumber(paths);
  const numbers = (await generationNumbers(paths)).filter((number) => number <= (current ?? 0));
  const newestFirst = numbers.sort((a, b) => b - a);
  for (const [index, number] of newestFirst.entries()) {
    const successor = newestFirst[index - 1];
    if (index <= GENERATIONS_KEPT || successor === undefined) continue;
    const replaced = join(paths.generation(successor), "InRelease");
    if ((await ageSeconds(replaced, now)) > GRACE_SECONDS) await removeTree(paths.generation(number));
  }
}

/** The newest whole generation before another one. */
export async function generationBefore(
  paths: DistributionPaths,
  number: number,
): Promise<Generation | undefined> {
  const numbers = (await generationNumbers(paths)).filter((other) => other < number);
  const last = Math.max(...numbers);
  return Number.isFinite(last) ? await readGeneration(paths, last) : undefined;
}

export async function makeGeneration(paths: DistributionPaths, number: number): Promise<string> {
  await mkdir(paths.root, { recursive: true });
  const dir = paths.generation(number);
  await mkdir(dir);
  return dir;
}

/** Number of the generation that clients are led to. */
export async function currentNumber(paths: DistributionPaths): Promise<number | undefined> {
  try {
    const number = /\/([0-9]+)$/.exec(await readlink(paths.link))?.[1];
    return number === undefined ? undefined : Number(number);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function generationNumbers(paths: DistributionPaths): Promise<number[]> {
  if (!(await exists(paths.root))) return [];
  return (await readdir(paths.root)).filter((name) => /^[0-9]+$/.test(name)).map(Number);
}

function hashesOf(generation: Generation): Set<string> {
  return new Set([...generation.release.files.values()].map(({ sha256 }) => sha256));
}

async function ageSeconds(path: string, now: Date): Promise<number> {
  const stat = await statOrUndefined(path);
  return stat === undefined ? Number.POSITIVE_INFINITY : (now.getTime() - stat.mtimeMs) / 1000;
}

function syncDirNow(dir: string): void {
  const handle = openSync(dir, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
