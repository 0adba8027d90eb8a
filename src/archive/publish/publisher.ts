import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "#db";
import {
  type BlobStore,
  type Clock,
  type Exec,
  errorText,
  exists,
  type Log,
  MbdError,
  removeTree,
  syncDir,
} from "#platform";
import { ChunkLost, type ChunkStore } from "../chunks/index.ts";
import { linkPoolFiles } from "../pool.ts";
import { type Digests, nextDate, releaseHead } from "../release-file.ts";
import { claimPublish, findDistribution, finishPublish } from "../suites/index.ts";
import type { ArchiveDistribution, DebReader, DistributionOptions, ReleaseSigner } from "../types.ts";
import { fillWeakSums } from "../weak-sums.ts";
import { noteAll, removeRetired, retire, shareByHash, syncShared } from "./by-hash.ts";
import {
  currentGeneration,
  currentNumber,
  type DistributionPaths,
  distributionPaths,
  type Generation,
  makeGeneration,
  newestGenerations,
  removeOld,
  removeUnseen,
  switchTo,
} from "./generation.ts";
import { indexDirs } from "./index-rules.ts";
import { type Manifest, readManifest, writeManifest } from "./manifest.ts";
import { type Described, describe, planState } from "./plan-state.ts";
import { syncTree, writeSignedRelease } from "./signed-release.ts";
import { newFiles } from "./state-store.ts";
import {
  type RenderBase,
  shownIn,
  unchangedFiles,
  type WrittenState,
  weakSums,
  writeState,
} from "./write-state.ts";

export interface PublisherDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly readDeb: DebReader;
  readonly chunks: ChunkStore;
  /** Directory with a directory for each repository. */
  readonly repositories: string;
  /** Directory for temporary files. */
  readonly temporary: string;
  readonly signer: ReleaseSigner;
  readonly clock: Clock;
  readonly exec: Exec;
  readonly log: Log;
  /** Told before each step; crash tests stop there. */
  readonly onStep?: (step: PublishStep) => void;
  readonly sleep?: (ms: number) => Promise<void>;
}

export const PUBLISH_STEPS = [
  "claimed",
  "pool",
  "generation",
  "indices",
  "carried",
  "release",
  "signed",
  "synced",
  "recorded",
  "switched",
  "committed",
  "cleaned",
] as const;
export type PublishStep = (typeof PUBLISH_STEPS)[number];

/** What one publish is about. */
interface Task {
  readonly deps: PublisherDeps;
  readonly row: ArchiveDistribution;
  readonly paths: DistributionPaths;
  readonly what: Described;
  /** What clients see. */
  readonly previous: Generation | undefined;
  readonly step: (step: PublishStep) => void;
}

/**
 * Publishes what a distribution is wanted to show: a new generation is written beside the old one, signed, and shown
 * by one rename. A crash before it leaves the old state, after it the repeat writes the same again; nothing happens
 * when the content is what clients see already. Publishers of one distribution overtake each other by its fence.
 * @throws MbdError not_found, clock_behind
 */
export async function publishDistribution(
  deps: PublisherDeps,
  repository: string,
  name: string,
): Promise<void> {
  const known = await findDistribution(deps.db.read, repository, name);
  if (known === undefined)
    throw new MbdError("not_found", { what: `Distribution '${name}' of '${repository}'` });
  const repositoryRoot = join(deps.repositories, repository);
  const paths = distributionPaths(repositoryRoot, name);
  const due = known.wanted_publish > known.published_publish || needsRenewal(known, deps.clock.now());
  if (!due && (await exists(paths.link))) return;
  const seen = (await currentNumber(paths)) ?? 0;
  const row = await deps.db.write((tx) => claimPublish(tx, known.id, seen));
  const step = deps.onStep ?? (() => undefined);
  step("claimed");
  const crashed = await removeUnseen(paths);
  const arrived = await newFiles({ db: deps.db, row, at: row.wanted_publish }, row.published_publish);
  await linkPoolFiles(deps.blobs, repositoryRoot, arrived);
  step("pool");
  const previous = await currentGeneration(paths);
  const task: Task = { deps, row, paths, previous, step, what: describe(row) };
  const base = await findBase(task);
  await completeSums(task, base);
  if (base === undefined || crashed) await noteAll(paths, previous, deps.clock.now());
  await publishContent(task, base);
  step("committed");
  await cleanUp(task);
  step("cleaned");
}

/** The weak sums that stanzas shall show: of what is new, or of all where everything is written anew. */
async function completeSums({ deps, row, what }: Task, base: RenderBase | undefined): Promise<void> {
  const weak = weakSums(what);
  if (!weak.md5 && !weak.sha1) return;
  const since = base === undefined ? 0 : row.published_publish;
  const files = await newFiles({ db: deps.db, row, at: row.wanted_publish }, since);
  const debs = files.map(({ path }) => path).filter((path) => path.endsWith("deb"));
  await fillWeakSums(deps, row.repository, debs, weak);
  if (!weak.sha1) return;
  // Sources have MD5 sums in any case.
  const others = files.map(({ path }) => path).filter((path) => !path.endsWith("deb"));
  await fillWeakSums(deps, row.repository, others, { md5: false, sha1: true });
}

/**
 * What clients see, if its manifest may be built upon: made by the same rules, and the content that the database says
 * is published (not so after a restore, or when a crash showed a generation without recording it). Then it is the
 * state after `published_publish`, whatever publish it was made for.
 */
async function findBase({ row, paths, previous, what }: Task): Promise<RenderBase | undefined> {
  if (previous === undefined) return undefined;
  const manifest = await readManifest(paths.manifest(previous.number));
  if (manifest === undefined || manifest.layout !== what.layoutKey) return undefined;
  const known = manifest.contentSha256 === row.content_sha256 && manifest.publish <= row.published_publish;
  return known
    ? { manifest: { ...manifest, publish: row.published_publish }, generation: previous }
    : undefined;
}

async function publishContent(task: Task, base: RenderBase | undefined): Promise<void> {
  try {
    await publishFrom(task, base);
  } catch (error) {
    if (!(error instanceof ChunkLost) || base === undefined) throw error;
    task.deps.log.warn({ distribution: task.row.name, error: errorText(error) }, "indices are made anew");
    await removeTree(task.paths.generation(task.row.fence));
    await publishFrom(task, undefined);
  }
}

async function publishFrom(task: Task, base: RenderBase | undefined): Promise<void> {
  const { deps, row, what, paths, previous } = task;
  const plan = await planState(deps, what, row.wanted_publish, base?.manifest);
  const unchanged = base === undefined ? undefined : unchangedFiles(what, plan, base);
  if (unchanged !== undefined && isSame(task, unchanged)) {
    await record(task, { contentSha256: contentKey(task, unchanged), date: undefined });
    return;
  }
  const dir = await makeGeneration(paths, row.fence);
  task.step("generation");
  const shared = await shareByHash(paths, dir, indexDirs(shownIn(what, plan)));
  const written = await writeState(deps.chunks, what, plan, dir, base);
  task.step("indices");
  const contentSha256 = contentKey(task, written.files);
  const { indices } = written;
  const manifest = { publish: row.wanted_publish, layout: what.layoutKey, contentSha256, indices };
  if (previous !== undefined && isSame(task, written.files)) {
    await keepPrevious(task, previous, manifest);
    return;
  }
  if (previous !== undefined) {
    await retire(paths, previous.release.files, written.files, deps.clock.now());
  }
  task.step("carried");
  await writeManifest(paths.manifest(row.fence), manifest);
  await syncShared(shared);
  const date = await writeRelease(task, dir, written);
  await record(task, { contentSha256, date });
}

/** All was made anew and is what clients see already: only the manifest had been lost. */
async function keepPrevious(task: Task, previous: Generation, manifest: Manifest): Promise<void> {
  await removeTree(task.paths.generation(task.row.fence));
  await writeManifest(task.paths.manifest(previous.number), manifest);
  await record(task, { contentSha256: manifest.contentSha256, date: undefined });
}

async function writeRelease(task: Task, dir: string, { files }: WrittenState): Promise<Date> {
  const { deps, row, what, previous, step } = task;
  const { date, waitMs } = nextDate(deps.clock.now(), lastDate(row, previous), row.name);
  if (waitMs > 0) await (deps.sleep ?? delay)(waitMs);
  const { validDays } = what.options;
  await writeSignedRelease(deps, dir, { ...what.layout, files }, date, { validDays, onStep: step });
  await syncTree(dir);
  await syncDir(task.paths.root);
  step("synced");
  return date;
}

/** Shows the new generation (when there is one) and records it, if no other publisher has begun meanwhile. */
async function record(
  { deps, row, paths, step }: Task,
  result: { readonly contentSha256: string; readonly date: Date | undefined },
): Promise<void> {
  const { id, fence, wanted_publish: publish } = row;
  const { contentSha256, date } = result;
  await deps.db.write(async (tx) => {
    const mine = await finishPublish(tx, { id, fence, publish, contentSha256, date: date?.toISOString() });
    if (!mine) throw new Error(`another publisher of ${row.name} has begun`);
    step("recorded");
    if (date !== undefined) switchTo(paths, fence);
    step("switched");
  });
}

/** Failing to tidy up does not make a publish fail; the next one tries again. */
async function cleanUp({ deps, row, paths }: Task): Promise<void> {
  try {
    const now = deps.clock.now();
    await removeRetired(paths, () => newestGenerations(paths), now);
    await removeOld(paths, now);
  } catch (error) {
    deps.log.warn(
      { distribution: row.name, error: errorText(error) },
      "old generations could not be removed",
    );
  }
}

/** The later of what the row and what the files say: a crash may have shown a generation that was not recorded. */
function lastDate(row: ArchiveDistribution, previous: Generation | undefined): Date | undefined {
  const dates = [
    ...(row.last_date === null ? [] : [new Date(row.last_date)]),
    ...(previous === undefined ? [] : [previous.release.date]),
  ];
  return dates.sort((a, b) => b.getTime() - a.getTime())[0];
}

/** Valid-Until is renewed when half of its time is over. */
export function needsRenewal(row: ArchiveDistribution, now: Date): boolean {
  const { validDays } = JSON.parse(row.options) as DistributionOptions;
  if (validDays === undefined || row.last_date === null) return false;
  return now.getTime() - Date.parse(row.last_date) > (validDays * 86_400_000) / 2;
}

/** Equal for equal content, and not after a change of key or fields: then everything is signed again. */
function contentKey({ deps, row, what }: Task, files: ReadonlyMap<string, Digests>): string {
  const paths = [...files.keys()].sort();
  const lines = paths.map((path) => `${files.get(path)?.sha256} ${path}`);
  return createHash("sha256")
    .update([deps.signer.fingerprint, row.options, releaseHead(what.layout), ...lines].join("\n"))
    .digest("hex");
}

/** Whether clients see that already, and the row knows; not so after a restore, say. */
function isSame(task: Task, files: ReadonlyMap<string, Digests>): boolean {
  const { row, previous, what, deps } = task;
  if (previous === undefined || row.content_sha256 !== contentKey(task, files)) return false;
  if (needsRenewal(row, deps.clock.now())) return false;
  const shown = previous.release.files;
  return (
    previous.release.head === releaseHead(what.layout) &&
    shown.size === files.size &&
    [...files].every(([path, { sha256 }]) => shown.get(path)?.sha256 === sha256)
  );
}
