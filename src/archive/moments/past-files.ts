import { rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { removeTree, syncDir } from "#platform";
import { linkPoolFiles } from "../pool.ts";
import {
  currentGeneration,
  type DistributionPaths,
  distributionPaths,
  type PublisherDeps,
  type RenderBase,
  readManifest,
  renderState,
  syncTree,
  writeSignedRelease,
} from "../publish/index.ts";
import type { ReleaseFields } from "../release-file.ts";
import type { ArchiveDistribution } from "../types.ts";
import { filesGoneSince } from "./past-store.ts";

export type PastDeps = PublisherDeps;

export interface PastState {
  readonly row: ArchiveDistribution;
  /** Number of the publish; it must be published. */
  readonly at: number;
  readonly fields: ReleaseFields;
  readonly date: Date;
}

/**
 * Writes an earlier (or the present) state of a distribution with a Release of its own to `dir`, which is there when
 * it is complete and safe, or not at all. Indices that are those that clients see now are further names of their
 * files; nothing is copied. It has no Valid-Until: what is past does not change any more.
 */
export async function writePast(deps: PastDeps, state: PastState, dir: string): Promise<void> {
  const { row, at, fields, date } = state;
  const repositoryRoot = join(deps.repositories, row.repository);
  const unfinished = unfinishedName(dir);
  await removeTree(unfinished);
  try {
    await linkPoolFiles(deps.blobs, repositoryRoot, await filesGoneSince(deps.db.read, row, at));
    const shown = { ...row, release_fields: JSON.stringify(fields) };
    const base = await presentState(distributionPaths(repositoryRoot, row.name), row);
    const { files } = await renderState(deps, shown, at, unfinished, base);
    const components = JSON.parse(row.components) as string[];
    const architectures = JSON.parse(row.architectures) as string[];
    await writeSignedRelease(deps, unfinished, { fields, components, architectures, files }, date);
    await syncTree(unfinished);
    await rename(unfinished, dir);
    await syncDir(dirname(dir));
  } catch (error) {
    await removeTree(unfinished);
    throw error;
  }
}

const UNFINISHED = /^\.new-/;

function unfinishedName(dir: string): string {
  const parent = dirname(dir);
  return join(parent, `.new-${dir.slice(parent.length + 1)}`);
}

/** What a process left that was ended while it wrote. */
export function isUnfinished(name: string): boolean {
  return UNFINISHED.test(name);
}

/** What clients see, if its manifest tells of the state that the database says is published; see `findBase`. */
async function presentState(
  paths: DistributionPaths,
  row: ArchiveDistribution,
): Promise<RenderBase | undefined> {
  const generation = await currentGeneration(paths);
  if (generation === undefined) return undefined;
  const manifest = await readManifest(paths.manifest(generation.number));
  if (manifest === undefined) return undefined;
  const known = manifest.contentSha256 === row.content_sha256 && manifest.publish <= row.published_publish;
  return known ? { manifest: { ...manifest, publish: row.published_publish }, generation } : undefined;
}
