import { rmdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Database } from "#db";
import {
  type BlobStore,
  entriesIn,
  type Home,
  hasCode,
  namesIn,
  removeOldFile,
  removeTree,
  statOrUndefined,
} from "#platform";
import type { ChunkStore } from "../chunks/index.ts";
import { inParts } from "../in-parts.ts";
import { chunksOf, readManifest } from "../publish/index.ts";
import { FORGOTTEN } from "../suites/index.ts";
import { pathsWithRow } from "./retention-store.ts";

/**
 * Files that no row needs. Each is removed in one step with the look at its time, and storing content that is there
 * already renews that: so none goes that somebody is about to make a row for.
 */

export interface FileDeps {
  readonly db: Database;
  readonly home: Home;
  readonly blobs: BlobStore;
  readonly chunks: ChunkStore;
}

export interface Sweep {
  readonly dryRun: boolean;
  /** What was stored or touched since stays. */
  readonly since: Date;
  readonly onStep: () => void;
}

export interface Removed {
  readonly count: number;
  readonly bytes: number;
}

const BATCH = 500;

/** Names in the pool of a repository without a row, of which `forgotten` (in a dry run) would have none. */
export async function sweepPool(
  { db, home }: FileDeps,
  repository: string,
  forgotten: ReadonlySet<string>,
  { dryRun, since, onStep }: Sweep,
): Promise<Removed> {
  const root = join(home.repositories, repository);
  const { files, dirs } = await walk(root, "pool");
  let count = 0;
  let bytes = 0;
  for (const some of inParts(files, BATCH)) {
    const rows = await pathsWithRow(db.read, repository, some);
    for (const path of some.filter((each) => !rows.has(each) || forgotten.has(each))) {
      const size = dryRun ? await sizeIfOld(join(root, path), since) : removeOldFile(join(root, path), since);
      if (size === undefined) continue;
      count += 1;
      bytes += size;
    }
    onStep();
    await setImmediate();
  }
  if (!dryRun) for (const dir of dirs.reverse()) removeIfEmpty(join(root, dir));
  return { count, bytes };
}

/** Blobs that no row of any table needs. */
export async function sweepBlobs(
  { db, home, blobs }: FileDeps,
  users: (sha256s: readonly string[]) => Promise<ReadonlySet<string>>,
  forgotten: ReadonlySet<string>,
  { dryRun, since, onStep }: Sweep,
): Promise<Removed> {
  let count = 0;
  let bytes = 0;
  for (const prefix of (await namesIn(home.store)).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
    const names = (await namesIn(join(home.store, prefix))).filter((name) => /^[0-9a-f]{64}$/.test(name));
    const old: string[] = [];
    for (const name of names) if ((await sizeIfOld(blobs.path(name), since)) !== undefined) old.push(name);
    for (const some of inParts(old, BATCH)) {
      const used = new Set([...(await pooled(db, some, forgotten)), ...(await users(some))]);
      for (const sha256 of some.filter((each) => !used.has(each))) {
        const size = dryRun ? await sizeIfOld(blobs.path(sha256), since) : blobs.removeUnused(sha256, since);
        if (size === undefined) continue;
        count += 1;
        bytes += size;
      }
      await setImmediate();
    }
    onStep();
  }
  return { count, bytes };
}

async function pooled(
  { read }: Database,
  sha256s: readonly string[],
  forgotten: ReadonlySet<string>,
): Promise<string[]> {
  const rows = await read
    .selectFrom("pool_file")
    .select(["sha256", "repository", "path"])
    .where("sha256", "in", sha256s)
    .execute();
  return rows
    .filter(({ repository, path }) => !forgotten.has(`${repository}/${path}`))
    .map(({ sha256 }) => sha256);
}

/** A process that ended left these; everything that is being written is younger than a day. */
const TEMPORARY = /^(?:incoming|batch|[0-9a-f]{64})\..*\.new$/;
const DAY_MS = 86_400_000;

export async function sweepTemporaries({ home }: FileDeps, now: Date, dryRun: boolean): Promise<number> {
  const dirs = (await namesIn(home.store)).filter((name) => /^[0-9a-f]{2}$/.test(name));
  let count = 0;
  for (const dir of [home.store, ...dirs.map((name) => join(home.store, name))]) {
    for (const name of (await namesIn(dir)).filter((each) => TEMPORARY.test(each))) {
      const path = join(dir, name);
      const stat = await statOrUndefined(path);
      if (stat === undefined || now.getTime() - stat.mtimeMs < DAY_MS) continue;
      if (!dryRun) await removeTree(path);
      count += 1;
    }
  }
  return count;
}

/** Chunks that no manifest of a generation names. */
export async function sweepChunks(
  { home, chunks }: FileDeps,
  { now, graceSeconds }: { readonly now: Date; readonly graceSeconds: number },
): Promise<number> {
  const dir = join(home.cache, "chunks");
  if ((await statOrUndefined(dir)) === undefined) return 0;
  const used = new Set<string>();
  for (const repository of await namesIn(home.repositories)) {
    const generations = join(home.repositories, repository, ".generations");
    for (const distribution of await namesIn(generations)) {
      for (const name of await namesIn(join(generations, distribution))) {
        if (!name.endsWith(".manifest.json")) continue;
        const manifest = await readManifest(join(generations, distribution, name));
        if (manifest !== undefined) for (const chunk of chunksOf(manifest)) used.add(chunk);
      }
    }
  }
  return await chunks.collect(used, graceSeconds, now);
}

/** Files made on demand for publishes that are no moments any more. */
export async function sweepMoments({ db, home }: FileDeps, repository: string): Promise<number> {
  const generations = join(home.repositories, repository, ".generations");
  let count = 0;
  for (const distribution of await namesIn(generations)) {
    const moments = join(generations, distribution, "moments");
    const numbers = new Map(
      (await namesIn(moments)).flatMap((name): [string, number][] => {
        const digits = /^([0-9]+)-/.exec(name)?.[1];
        return digits === undefined ? [] : [[name, Number(digits)]];
      }),
    );
    for (const some of inParts([...numbers], BATCH)) {
      const ids = some.map(([, number]) => number);
      const rows = await db.read
        .selectFrom("publish")
        .select("id")
        .where("id", "in", ids)
        .where("cause", "!=", FORGOTTEN)
        .execute();
      const kept = new Set(rows.map(({ id }) => Number(id)));
      for (const [name] of some.filter(([, number]) => !kept.has(number))) {
        await removeTree(join(moments, name));
        count += 1;
      }
    }
  }
  return count;
}

interface Found {
  /** Relative to the root. */
  readonly files: string[];
  /** Each before those in it. */
  readonly dirs: string[];
}

async function walk(root: string, below: string): Promise<Found> {
  const found: Found = { files: [], dirs: [] };
  const visit = async (dir: string): Promise<void> => {
    for (const entry of await entriesIn(join(root, dir))) {
      const path = `${dir}/${entry.name}`;
      if (!entry.isDirectory()) found.files.push(path);
      else {
        found.dirs.push(path);
        await visit(path);
      }
    }
  };
  await visit(below);
  return found;
}

async function sizeIfOld(path: string, since: Date): Promise<number | undefined> {
  const stat = await statOrUndefined(path);
  return stat === undefined || stat.mtimeMs >= since.getTime() ? undefined : stat.size;
}

/** Who links a file makes its directory in the same step. */
function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch (error) {
    if (!["ENOTEMPTY", "ENOENT", "EEXIST"].some((code) => hasCode(error, code))) throw error;
  }
}
