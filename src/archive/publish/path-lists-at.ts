import type { Database } from "#db";
import { type BlobStore, type Exec, errorText, type Log } from "#platform";
import { inParts } from "../in-parts.ts";
import { type PathList, pathsOf, readMissingPaths, storePaths } from "../path-lists.ts";
import { packSourcePaths } from "../source-paths.ts";
import type { DebReader } from "../types.ts";

export interface PathDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly readDeb: DebReader;
  readonly exec: Exec;
  readonly log: Log;
}

/** A file whose paths are wanted. */
export interface WithPaths {
  /** Of the package. */
  readonly id: number;
  readonly kind: string;
  readonly sha256: string;
}

/**
 * Paths of .debs, and of sources by their .dsc, one byte for each character, sorted. Those that nobody listed yet (they came
 * with an earlier version of this program) are read now and kept.
 */
export async function listedPaths(
  deps: PathDeps,
  items: readonly WithPaths[],
): Promise<Map<string, readonly string[]>> {
  const wanted = [...new Set(items.map(({ sha256 }) => sha256))];
  const found = await pathsOf(deps.db.read, wanted);
  const missing = items.filter(({ sha256 }) => !found.has(sha256));
  if (missing.length > 0) {
    const sources = missing.filter(({ kind }) => kind === "dsc");
    const debs = missing.filter(({ kind }) => kind !== "dsc").map(({ sha256 }) => sha256);
    await readMissingPaths(deps, debs);
    await readMissingSources(deps, sources);
    const more = await pathsOf(
      deps.db.read,
      missing.map(({ sha256 }) => sha256),
    );
    for (const [sha256, paths] of more) found.set(sha256, paths);
  }
  return new Map([...found].map(([sha256, paths]) => [sha256, splitLines(paths)]));
}

function splitLines(paths: Buffer): string[] {
  return paths.length === 0 ? [] : paths.toString("latin1").split("\n");
}

/** A source that cannot be listed has no lines in Contents: nothing else depends on them. */
async function readMissingSources(deps: PathDeps, sources: readonly WithPaths[]): Promise<void> {
  for (const some of inParts([...new Map(sources.map((item) => [item.sha256, item])).values()], 20)) {
    const lists: PathList[] = [];
    for (const { id, sha256 } of some) lists.push({ sha256, paths: await sourcePaths(deps, id) });
    await deps.db.write((tx) => storePaths(tx, lists));
  }
}

async function sourcePaths(deps: PathDeps, packageId: number): Promise<Uint8Array> {
  const files = await filesOf(deps.db, packageId);
  try {
    const local = files.map(({ path, sha256 }) => ({ name: path, path: deps.blobs.path(sha256) }));
    return await packSourcePaths(deps.exec, local);
  } catch (error) {
    const what = { files: files.map(({ path }) => path), error: errorText(error) };
    deps.log.warn(what, "the files of a source could not be listed");
    return await packSourcePaths(deps.exec, []);
  }
}

async function filesOf(db: Database, packageId: number): Promise<{ path: string; sha256: string }[]> {
  return await db.read
    .selectFrom("package_file as f")
    .innerJoin("pool_file as pf", (join) =>
      join.onRef("pf.repository", "=", "f.repository").onRef("pf.path", "=", "f.path"),
    )
    .select(["pf.path", "pf.sha256"])
    .where("f.package_id", "=", packageId)
    .execute();
}
