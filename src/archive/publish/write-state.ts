import { link, mkdir, open, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode } from "#platform";
import { assembleIndex, type ChunkStore, type IndexForm } from "../chunks/index.ts";
import { digestPieces, type WeakSums } from "../compress.ts";
import type { Digests } from "../release-file.ts";
import { type ChunkEntry, sameChunks } from "./drafts.ts";
import type { Generation } from "./generation.ts";
import { type IndexRule, shownRules, smallReleases } from "./index-rules.ts";
import type { IndexSums, Manifest, ManifestIndex } from "./manifest.ts";
import type { ChunkPlan, Described } from "./plan-state.ts";

/** What was rendered before: files that stay the same are further names of its files. */
export interface RenderBase {
  readonly manifest: Manifest;
  readonly generation: Pick<Generation, "dir" | "release">;
}

export interface WrittenState {
  /** What Release lists, by path: uncompressed names too (apt wants them), though they may not be on disk. */
  readonly files: ReadonlyMap<string, Digests>;
  readonly indices: ReadonlyMap<string, ManifestIndex>;
}

/** The indices of a plan that clients see. */
export function shownIn({ rules }: Described, plan: ChunkPlan): IndexRule[] {
  return shownRules(rules, (path) => (plan.get(path) ?? []).length > 0);
}

export function weakSums({ options }: Described): WeakSums {
  return { md5: options.md5 === true, sha1: options.sha1 === true };
}

/**
 * Writes all indices of a plan below `dir`, and by-hash names for each; content is synced, directories are not. Work
 * is in proportion to the indices that differ from those of the base.
 * @throws ChunkLost
 */
export async function writeState(
  store: ChunkStore,
  what: Described,
  plan: ChunkPlan,
  dir: string,
  base: RenderBase | undefined,
): Promise<WrittenState> {
  const files = new Map<string, Digests>();
  const indices = new Map<string, ManifestIndex>();
  const chunksOf = (path: string) => plan.get(path) ?? [];
  for (const { path } of what.rules) indices.set(path, { chunks: chunksOf(path), sums: undefined });
  for (const rule of shownIn(what, plan)) {
    const chunks = chunksOf(rule.path);
    await mkdir(dirname(join(dir, rule.path)), { recursive: true });
    const sums =
      (await takeIndex(rule, chunks, dir, base)) ??
      (await assembleIndex(
        store,
        chunks.map(({ ref }) => ref),
        join(dir, rule.path),
        rule.forms,
        weakSums(what),
      ));
    indices.set(rule.path, { chunks, sums });
    for (const [path, digests] of listed(rule, sums)) files.set(path, digests);
    await nameByHash(dir, rule, sums);
  }
  for (const [path, digests] of await writeSmall(what, dir, base)) files.set(path, digests);
  return { files, indices };
}

/** Sums of what a plan gives when nothing differs from the base; undefined when something does. */
export function unchangedFiles(
  what: Described,
  plan: ChunkPlan,
  { manifest, generation }: RenderBase,
): Map<string, Digests> | undefined {
  const files = new Map<string, Digests>();
  for (const rule of shownIn(what, plan)) {
    const known = manifest.indices.get(rule.path);
    if (known?.sums === undefined || !sameChunks(known.chunks, plan.get(rule.path) ?? [])) return undefined;
    for (const [path, digests] of listed(rule, known.sums)) files.set(path, digests);
  }
  for (const [path, text] of smallReleases(what.layout)) {
    files.set(path, digestPieces([text], weakSums(what)));
  }
  const shown = generation.release.files;
  const same = [...files].every(([path, { sha256 }]) => shown.get(path)?.sha256 === sha256);
  return same && shown.size === files.size ? files : undefined;
}

function listed({ path, forms }: IndexRule, sums: IndexSums): [string, Digests][] {
  const packed = forms.flatMap((form): [string, Digests][] => {
    const digests = sums[form];
    return form === "plain" || digests === undefined ? [] : [[nameOf(path, form), digests]];
  });
  return [[path, sums.plain], ...packed];
}

function nameOf(path: string, form: IndexForm): string {
  return form === "plain" ? path : `${path}.${form}`;
}

/** Further names for the files of an index of the same chunks; undefined when it has to be written. */
async function takeIndex(
  { path, forms }: IndexRule,
  chunks: readonly ChunkEntry[],
  dir: string,
  base: RenderBase | undefined,
): Promise<IndexSums | undefined> {
  const known = base?.manifest.indices.get(path);
  if (base === undefined || known?.sums === undefined || !sameChunks(known.chunks, chunks)) return undefined;
  const names = forms.map((form) => nameOf(path, form));
  const from = base.generation.dir;
  if (!(await exist(names.map((name) => join(from, name))))) return undefined;
  await Promise.all(names.map((name) => link(join(from, name), join(dir, name))));
  return known.sums;
}

async function exist(paths: readonly string[]): Promise<boolean> {
  try {
    for (const path of paths) await (await open(path, "r")).close();
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

/** Where clients look that must not see a mixture of two states (Acquire-By-Hash). */
async function nameByHash(dir: string, { path, forms }: IndexRule, sums: IndexSums): Promise<void> {
  const hashes = join(dir, dirname(path), "by-hash", "SHA256");
  await mkdir(hashes, { recursive: true });
  for (const form of forms) {
    const digests = sums[form];
    if (digests === undefined) continue;
    await linkUnlessThere(join(dir, nameOf(path, form)), join(hashes, digests.sha256));
  }
}

async function linkUnlessThere(existing: string, path: string): Promise<void> {
  try {
    await link(existing, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
}

async function writeSmall(
  what: Described,
  dir: string,
  base: RenderBase | undefined,
): Promise<[string, Digests][]> {
  const written: [string, Digests][] = [];
  for (const [path, text] of smallReleases(what.layout)) {
    const digests = digestPieces([text], weakSums(what));
    const old = base?.generation;
    const same = old?.release.files.get(path)?.sha256 === digests.sha256;
    await mkdir(dirname(join(dir, path)), { recursive: true });
    if (old !== undefined && same && (await exist([join(old.dir, path)]))) {
      await link(join(old.dir, path), join(dir, path));
    } else {
      await writeFile(join(dir, path), text, { flag: "wx", flush: true });
    }
    written.push([path, digests]);
  }
  return written;
}
