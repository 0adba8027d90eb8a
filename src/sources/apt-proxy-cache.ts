import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, stat, unlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { unlinkIfPresent, writeFileAtomic } from "#platform";
import type { Validators } from "./apt-proxy-conditions.ts";

export interface CacheEntry extends Validators {
  readonly url: string;
  readonly sizeBytes: number;
  readonly contentType?: string | undefined;
  /** Name of the file with the content, in the directory of the cache. */
  readonly data: string;
}

/** Files by URL, below a limit; the ones used longest ago go first. What is being read stays readable. */
export interface AptCache {
  /** Reads what is there and removes what an earlier process left half done. */
  load(): Promise<void>;
  find(url: string): Promise<CacheEntry | undefined>;
  path(entry: CacheEntry): string;
  /** A private file to write content to. */
  temporary(): string;
  /** What is there may be wrong. */
  remove(url: string): Promise<void>;
  /** Takes a private file in as content of a URL. */
  store(temporary: string, entry: Omit<CacheEntry, "data">): Promise<CacheEntry>;
}

interface Known {
  readonly data: string;
  readonly sizeBytes: number;
}

const META = /^([0-9a-f]{64})\.json$/;

export function createAptCache(dir: string, maxBytes: number): AptCache {
  /** In order of use, the longest unused first. */
  const known = new Map<string, Known>();
  let total = 0;
  const metaPath = (key: string): string => join(dir, `${key}.json`);

  const forget = async (key: string): Promise<void> => {
    const entry = known.get(key);
    if (entry === undefined) return;
    known.delete(key);
    total -= entry.sizeBytes;
    await unlinkIfPresent(metaPath(key));
    await unlinkIfPresent(join(dir, entry.data));
  };
  const remember = (key: string, entry: Known): void => {
    known.set(key, entry);
    total += entry.sizeBytes;
  };

  return {
    async load() {
      await mkdir(dir, { recursive: true });
      const names = await readdir(dir);
      const entries = await Promise.all(names.map((name) => readMeta(dir, name)));
      for (const entry of entries.filter((one) => one !== undefined).sort((a, b) => a.usedMs - b.usedMs)) {
        remember(entry.key, entry);
      }
      const data = new Set([...known.values()].map((entry) => entry.data));
      for (const name of names) {
        const key = META.exec(name)?.[1];
        if (key === undefined ? !data.has(name) : !known.has(key)) await unlink(join(dir, name));
      }
    },
    async find(url) {
      const key = keyOf(url);
      const entry = known.get(key);
      if (entry === undefined) return undefined;
      known.delete(key);
      known.set(key, entry);
      const meta = await parseMeta(metaPath(key));
      if (meta === undefined) await forget(key);
      // The order of use outlives this process as the times of the files.
      else await utimes(metaPath(key), new Date(), new Date()).catch(() => forget(key));
      return meta;
    },
    remove: (url) => forget(keyOf(url)),
    path: (entry) => join(dir, entry.data),
    temporary: () => join(dir, `${randomBytes(16).toString("hex")}.new`),
    async store(temporary, wanted) {
      const key = keyOf(wanted.url);
      const entry: CacheEntry = { ...wanted, data: `${key}.${randomBytes(8).toString("hex")}.data` };
      await rename(temporary, join(dir, entry.data));
      const old = known.get(key);
      // The description names the content, so that both change at once.
      await writeFileAtomic(metaPath(key), JSON.stringify(entry));
      if (old !== undefined) {
        known.delete(key);
        total -= old.sizeBytes;
        await unlinkIfPresent(join(dir, old.data));
      }
      remember(key, entry);
      for (const other of known.keys()) {
        if (total <= maxBytes) break;
        await forget(other);
      }
      return entry;
    },
  };
}

function keyOf(url: string): string {
  return createHash("sha256").update(url).digest("hex");
}

async function readMeta(
  dir: string,
  name: string,
): Promise<(Known & { key: string; usedMs: number }) | undefined> {
  const key = META.exec(name)?.[1];
  if (key === undefined) return undefined;
  const meta = await parseMeta(join(dir, name));
  if (meta === undefined || !(await hasSize(join(dir, meta.data), meta.sizeBytes))) return undefined;
  return { key, data: meta.data, sizeBytes: meta.sizeBytes, usedMs: (await stat(join(dir, name))).mtimeMs };
}

async function parseMeta(path: string): Promise<CacheEntry | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as CacheEntry;
  } catch {
    // Removed, or broken by a full disk: then it is simply not cached.
    return undefined;
  }
}

async function hasSize(path: string, sizeBytes: number): Promise<boolean> {
  try {
    const handle = await open(path);
    const { size } = await handle.stat();
    await handle.close();
    return size === sizeBytes;
  } catch {
    return false;
  }
}
