import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Database, Executor, Tx } from "#db";
import { pathToBytes } from "#deb";
import type { BlobStore } from "#platform";
import { inParts } from "./in-parts.ts";
import type { DebReader } from "./types.ts";

/** Rows of `deb_paths`: what each .deb installs, by the content of the file. */

/** As #deb limits such a list, and a little more for bytes that are longer in UTF-8. */
const MAX_LIST_BYTES = 1024 * 1024 * 1024;

export interface PathList {
  /** Of the .deb. */
  readonly sha256: string;
  readonly paths: Uint8Array;
}

/** Packs a list of paths as `deb_paths` holds it: sorted by bytes, a newline between them, raw deflate (RFC 1951). */
export function packPaths(paths: readonly string[]): Uint8Array {
  // A copy: what zlib gives is the beginning of a buffer of 16 KiB, and an import holds tens of thousands.
  return Buffer.from(deflateRawSync(sortedLines(paths)));
}

/** The bytes of a packed list: paths with a newline between them; nothing for a .deb without files. */
export function unpackPaths(packed: Uint8Array): Buffer {
  return inflateRawSync(packed, { maxOutputLength: MAX_LIST_BYTES });
}

/** Lists of paths by SHA-256 of their .deb, unpacked; those without a row are left out (see `readMissingPaths`). */
export async function pathsOf(db: Executor, sha256s: readonly string[]): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const some of inParts([...new Set(sha256s)])) {
    const rows = await db.selectFrom("deb_paths").selectAll().where("sha256", "in", some).execute();
    for (const { sha256, paths } of rows) found.set(sha256, unpackPaths(paths));
  }
  return found;
}

/** Keeps lists that are not there yet. */
export async function storePaths(tx: Tx, lists: readonly PathList[]): Promise<void> {
  const once = [...new Map(lists.map((list) => [list.sha256, list])).values()];
  for (const some of inParts(once)) {
    const rows = some.map(({ sha256, paths }) => ({ sha256, paths }));
    await tx
      .insertInto("deb_paths")
      .values(rows)
      .onConflict((conflict) => conflict.column("sha256").doNothing())
      .execute();
  }
}

export interface MissingPathsDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly readDeb: DebReader;
}

/**
 * Reads .debs that came before there were such lists again, from the store, and keeps their lists. Returns how many
 * it read. Not inside a transaction. @throws FormatError, and the system's error when a blob is gone
 */
export async function readMissingPaths(deps: MissingPathsDeps, sha256s: readonly string[]): Promise<number> {
  const missing = await withoutPaths(deps.db.read, sha256s);
  for (const some of inParts(missing, 50)) {
    const lists: PathList[] = [];
    for (const sha256 of some) {
      const { paths } = await deps.readDeb(deps.blobs.path(sha256), { fileName: sha256 });
      lists.push({ sha256, paths: packPaths(paths) });
    }
    await deps.db.write((tx) => storePaths(tx, lists));
  }
  return missing.length;
}

async function withoutPaths(db: Executor, sha256s: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const some of inParts([...new Set(sha256s)])) {
    const rows = await db.selectFrom("deb_paths").select("sha256").where("sha256", "in", some).execute();
    const have = new Set(rows.map(({ sha256 }) => sha256));
    missing.push(...some.filter((sha256) => !have.has(sha256)));
  }
  return missing;
}

/** One byte for each character makes the order of the strings that of their bytes. */
function sortedLines(paths: readonly string[]): Buffer {
  const lines = paths.map((path) => (isAscii(path) ? path : pathToBytes(path).toString("latin1"))).sort();
  return Buffer.from(lines.join("\n"), "latin1");
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}
