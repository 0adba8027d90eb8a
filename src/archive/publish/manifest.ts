import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { hasCode } from "#platform";
import type { IndexForm } from "../chunks/index.ts";
import type { Digests } from "../release-file.ts";
import type { DistributionOptions } from "../types.ts";
import type { ChunkEntry } from "./drafts.ts";
import type { IndexRule } from "./index-rules.ts";

/**
 * What the indices of a generation are made of. It is a shortcut, never a truth: without it (or with one of another
 * version or layout) everything is made again from rows, with the same bytes.
 */
export interface Manifest {
  /** The state: that after this publish. */
  readonly publish: number;
  readonly layout: string;
  /** As the row's: what was published, if it was. */
  readonly contentSha256: string;
  /** By uncompressed path; of those made on demand also the empty ones that are not shown. */
  readonly indices: ReadonlyMap<string, ManifestIndex>;
}

export interface ManifestIndex {
  readonly chunks: readonly ChunkEntry[];
  /** Undefined for what is not shown. */
  readonly sums: IndexSums | undefined;
}

/** Sums of the uncompressed index and of its forms on disk. */
export type IndexSums = Readonly<Partial<Record<IndexForm, Digests>>> & { readonly plain: Digests };

/** Grows when the text or the cutting of any index changes for the same rows. */
const VERSION = 1;

/** Equal for distributions whose indices follow the same rules. */
export function layoutKey(rules: readonly IndexRule[], options: DistributionOptions): string {
  const { md5 = false, sha1 = false, translations = false } = options;
  // Only where they ask for SHA-1 did the text of indices change since the first version: Sources have it now.
  const since = sha1 ? { sources: 1 } : {};
  return createHash("sha256")
    .update(JSON.stringify({ VERSION, rules, md5, sha1, translations, ...since }))
    .digest("hex");
}

type Packed = [key: string, sha256: string, text: number, gz: number, xz: number, unpadded: number];

/** Writes `<n>.manifest.json`; the caller makes it durable with the directory. */
export async function writeManifest(path: string, manifest: Manifest): Promise<void> {
  const indices = [...manifest.indices].map(([name, { chunks, sums }]) => {
    const packed = chunks.map(({ key, ref }): Packed => {
      return [key, ref.sha256, ref.textBytes, ref.gzBytes, ref.xzBytes, ref.xzUnpaddedBytes];
    });
    return { name, sums, chunks: packed };
  });
  await writeFile(path, JSON.stringify({ version: VERSION, ...manifest, indices }), { flush: true });
}

/** Undefined when there is none that this program understands. */
export async function readManifest(path: string): Promise<Manifest | undefined> {
  try {
    const { version, indices, ...rest } = JSON.parse(await readFile(path, "utf8"));
    if (version !== VERSION) return undefined;
    const read = (indices as { name: string; sums?: IndexSums; chunks: Packed[] }[]).map(
      ({ name, sums, chunks }): [string, ManifestIndex] => [name, { sums, chunks: chunks.map(unpack) }],
    );
    return { ...rest, indices: new Map(read) };
  } catch (error) {
    if (hasCode(error, "ENOENT") || error instanceof SyntaxError || error instanceof TypeError)
      return undefined;
    throw error;
  }
}

function unpack([key, sha256, textBytes, gzBytes, xzBytes, xzUnpaddedBytes]: Packed): ChunkEntry {
  return { key, ref: { sha256, textBytes, gzBytes, xzBytes, xzUnpaddedBytes } };
}

/** All chunks that a manifest needs, for the collection of the others. */
export function chunksOf(manifest: Manifest): Set<string> {
  const all = [...manifest.indices.values()].flatMap(({ chunks }) => chunks);
  return new Set(all.map(({ ref }) => ref.sha256));
}
