import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { debOf, tarsOf } from "./deb-file.ts";
import { type Description, describe, EXTRA, fileName } from "./describe.ts";

/** Packages in one directory, and made by one `xz`. */
const PER_DIRECTORY = 1000;
/** Changes with the generator: packages of an older one are not taken for its own. */
const GENERATION = "v1";

/** The packages of a measure: files on disk, the same in each run. */
export interface Corpus {
  readonly dir: string;
  readonly packages: readonly CorpusPackage[];
  /** Directories of a thousand packages each, and the files of the last one when it is not full. */
  readonly full: readonly string[];
  readonly rest: readonly string[];
}

export interface CorpusPackage extends Description {
  readonly path: string;
}

/**
 * Makes the packages that are not there yet. The members of the .debs are xz, as in Debian's own archive: importing
 * means unpacking two of them for each package, which gzip would make look cheaper than it is.
 * @param progress told about each thousand
 */
export async function makeCorpus(cache: string, count: number, progress: Progress): Promise<Corpus> {
  const dir = join(cache, `corpus-${GENERATION}`);
  const packages: CorpusPackage[] = [];
  const full: string[] = [];
  for (let from = 0; from < count; from += PER_DIRECTORY) {
    const made = await makeDirectory(dir, from, PER_DIRECTORY);
    packages.push(...made.slice(0, count - from));
    if (count - from >= PER_DIRECTORY) full.push(join(dir, String(from)));
    progress(Math.min(from + PER_DIRECTORY, count), count);
  }
  const rest = packages.slice(full.length * PER_DIRECTORY).map(({ path }) => path);
  return { dir, packages, full, rest };
}

/** Packages to add one by one. */
export async function makeExtras(cache: string, count: number): Promise<CorpusPackage[]> {
  return await makeDirectory(join(cache, `corpus-${GENERATION}`), EXTRA, count);
}

export type Progress = (done: number, of: number) => void;

/** A directory gets its name when all its packages are there. */
async function makeDirectory(dir: string, from: number, count: number): Promise<CorpusPackage[]> {
  const target = join(dir, from >= EXTRA ? `extra-${count}` : String(from));
  const packages = Array.from({ length: count }, (_, n) => describe(from + n)).map((description) => ({
    ...description,
    path: join(target, fileName(description)),
  }));
  if (await isThere(target)) return packages;
  await mkdir(dir, { recursive: true });
  const temporary = await mkdtemp(join(dir, ".new-"));
  try {
    const made = join(temporary, "made");
    await mkdir(made, { mode: 0o755 });
    await writePackages(temporary, made, packages);
    await rename(made, target);
  } finally {
    await rm(temporary, { recursive: true });
  }
  return packages;
}

/** One process compresses all members: two processes for each package would take longer than all else. */
async function writePackages(work: string, target: string, packages: readonly Description[]): Promise<void> {
  for (const [n, description] of packages.entries()) {
    const { control, data } = tarsOf(description);
    await writeFile(join(work, `${n}.control`), control);
    await writeFile(join(work, `${n}.data`), data);
  }
  const names = (await readdir(work)).filter((name) => /^[0-9]+\./.test(name));
  await promisify(execFile)("xz", ["-0", "-T1", "--", ...names], { cwd: work });
  for (const [n, description] of packages.entries()) {
    const [control, data] = [
      await readFile(join(work, `${n}.control.xz`)),
      await readFile(join(work, `${n}.data.xz`)),
    ];
    await writeFile(join(target, fileName(description)), debOf(control, data));
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
