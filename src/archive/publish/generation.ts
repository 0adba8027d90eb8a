import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exists, hasCode, removeTree, statOrUndefined, unlinkIfPresent } from "#platform";
import { type PublishedRelease, parseRelease } from "../release-file.ts";

/** Where a distribution lies: clients follow `link` to one of the numbered directories below `root`. */
export interface DistributionPaths {
  readonly link: string;
  readonly root: string;
  /** Target of the link for a generation, relative, so that a repository can be moved or mirrored as a whole. */
  target(number: number): string;
  generation(number: number): string;
  /** What the indices of a generation are made of. */
  manifest(number: number): string;
  /** By-hash files of all generations, by directory of their index. */
  readonly byHash: string;
  /** Lists of by-hash files that were replaced. */
  readonly retired: string;
  /** Named snapshots: each generation leads to it by a link of that name. */
  readonly snapshots: string;
  /** Earlier states that somebody asked for by time. */
  readonly moments: string;
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
    manifest: (number) => join(root, `${number}.manifest.json`),
    byHash: join(root, "by-hash"),
    retired: join(root, "retired"),
    snapshots: join(root, "snapshots"),
    moments: join(root, "moments"),
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
  for (const name of ["InRelease", "Release", "Release.gpg"])
    if (!(await exists(join(dir, name)))) return undefined;
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

/** Removes what crashes left: generations that clients never saw. Only for the one who may publish. */
export async function removeUnseen(paths: DistributionPaths): Promise<boolean> {
  const current = await currentNumber(paths);
  const unseen = (await generationNumbers(paths)).filter(
    (number) => current === undefined || number > current,
  );
  for (const number of unseen) await removeGeneration(paths, number);
  return unseen.length > 0;
}

/** Time for those who are in the middle of reading an earlier generation without by-hash. */
const GRACE_SECONDS = 3600;
const GENERATIONS_KEPT = 2;
/** Of many publishes within that time no more than these are kept: clients have by-hash. */
const MOST_GENERATIONS = 100;

/**
 * Removes generations that were replaced an hour ago, but never the last two before the current one. Manifests of
 * earlier generations go at once: only the newest is built upon.
 */
export async function removeOld(paths: DistributionPaths, now: Date): Promise<void> {
  const current = (await currentNumber(paths)) ?? 0;
  const oldestFirst = (await generationNumbers(paths)).filter((number) => number <= current);
  const spare = oldestFirst.slice(0, -(GENERATIONS_KEPT + 1));
  for (const [index, number] of spare.entries()) {
    const replaced = join(paths.generation(oldestFirst[index + 1] ?? current), "InRelease");
    const many = oldestFirst.length - index > MOST_GENERATIONS;
    if (!many && (await ageSeconds(replaced, now)) <= GRACE_SECONDS) break;
    await removeGeneration(paths, number);
  }
  const kept = oldestFirst.slice(-GENERATIONS_KEPT);
  for (const number of await numbersOf(paths, MANIFEST)) {
    if (number < (kept[0] ?? 0)) await unlinkIfPresent(paths.manifest(number));
  }
}

async function removeGeneration(paths: DistributionPaths, number: number): Promise<void> {
  await removeTree(paths.generation(number));
  await unlinkIfPresent(paths.manifest(number));
}

/** The newest whole generations, current one first. */
export async function newestGenerations(paths: DistributionPaths): Promise<Generation[]> {
  const current = (await currentNumber(paths)) ?? 0;
  const numbers = (await generationNumbers(paths)).filter((number) => number <= current);
  const read = await Promise.all(
    numbers.slice(-(GENERATIONS_KEPT + 1)).map((number) => readGeneration(paths, number)),
  );
  return read.filter((generation) => generation !== undefined).reverse();
}

export async function makeGeneration(paths: DistributionPaths, number: number): Promise<string> {
  await mkdir(paths.root, { recursive: true });
  const dir = paths.generation(number);
  await mkdir(dir);
  // Before clients see it, so that snapshots are not gone for a moment.
  if (await exists(paths.snapshots)) await symlink("../snapshots", join(dir, "snapshots"));
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

const GENERATION = /^([0-9]+)$/;
const MANIFEST = /^([0-9]+)\.manifest\.json$/;

async function generationNumbers(paths: DistributionPaths): Promise<number[]> {
  return await numbersOf(paths, GENERATION);
}

/** In their order. */
async function numbersOf(paths: DistributionPaths, pattern: RegExp): Promise<number[]> {
  if (!(await exists(paths.root))) return [];
  const matches = (await readdir(paths.root)).map((name) => pattern.exec(name)?.[1]);
  return matches
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
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
