import { createHash } from "node:crypto";
import { utimes, writeFile } from "node:fs/promises";
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
  syncDir,
} from "#platform";
import { syncFile, type WeakSums } from "../compress.ts";
import { readContent, readNewFiles } from "./content-store.ts";
import {
  carryByHash,
  currentGeneration,
  currentNumber,
  type DistributionPaths,
  distributionPaths,
  type Generation,
  generationBefore,
  makeGeneration,
  removeOld,
  removeUnseen,
  switchTo,
} from "./generation.ts";
import { type IndexLayout, planIndices } from "./index-plan.ts";
import { type HashedFile, hashFiles, isPlainName, syncTree, writeIndices } from "./index-writer.ts";
import { linkPoolFiles } from "../pool.ts";
import { type Digests, nextDate, type ReleaseFields, releaseHead, releaseText } from "../release-file.ts";
import { claimPublish, findDistribution, finishPublish } from "../suites/index.ts";
import type { ArchiveDistribution, DistributionOptions, ReleaseSigner } from "../types.ts";

export interface PublisherDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  /** Directory with a directory for each repository. */
  readonly repositories: string;
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
  readonly layout: IndexLayout;
  readonly options: DistributionOptions;
  readonly weak: WeakSums;
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
  const task = makeTask(deps, row, paths);
  task.step("claimed");
  await removeUnseen(paths);
  const newFiles = await readNewFiles(deps.db.read, row, row.wanted_publish);
  await linkPoolFiles(deps.blobs, repositoryRoot, newFiles);
  task.step("pool");
  await publishContent(task);
  task.step("committed");
  await cleanUp(task);
  task.step("cleaned");
}

function makeTask(deps: PublisherDeps, row: ArchiveDistribution, paths: DistributionPaths): Task {
  const options = JSON.parse(row.options) as DistributionOptions;
  return {
    deps,
    row,
    paths,
    options,
    layout: {
      fields: JSON.parse(row.release_fields) as ReleaseFields,
      components: JSON.parse(row.components) as string[],
      architectures: JSON.parse(row.architectures) as string[],
    },
    weak: { md5: options.md5 === true, sha1: options.sha1 === true },
    step: deps.onStep ?? (() => undefined),
  };
}

async function publishContent(task: Task): Promise<void> {
  const { deps, row, layout } = task;
  const packages = await readContent(deps.db.read, row, row.wanted_publish);
  const files = hashFiles(planIndices(layout, packages), task.weak);
  const contentSha256 = contentKey([deps.signer.fingerprint, row.options, releaseHead(layout)], files);
  const previous = await currentGeneration(task.paths);
  const same = row.content_sha256 === contentSha256 && !needsRenewal(row, deps.clock.now());
  if (same && previous !== undefined && shows(previous, layout, files)) {
    await record(task, { contentSha256, date: undefined });
    return;
  }
  const dir = await makeGeneration(task.paths, row.fence);
  task.step("generation");
  const listed = await writeIndices({ exec: deps.exec, dir, previous, weak: task.weak }, files);
  task.step("indices");
  if (previous !== undefined) {
    const older = await generationBefore(task.paths, previous.number);
    await carryByHash(previous, older, dir, deps.clock.now());
  }
  task.step("carried");
  const date = await writeRelease(task, dir, listed, previous);
  await record(task, { contentSha256, date });
}

/** Release, Release.gpg, and last InRelease, all as old as their Date says. */
async function writeRelease(
  task: Task,
  dir: string,
  files: ReadonlyMap<string, Digests>,
  previous: Generation | undefined,
): Promise<Date> {
  const { deps, row, layout, options } = task;
  const { date, waitMs } = nextDate(deps.clock.now(), lastDate(row, previous), row.name);
  if (waitMs > 0) await (deps.sleep ?? delay)(waitMs);
  const text = releaseText({ ...layout, files }, date, options.validDays);
  await writeFile(join(dir, "Release"), text, { flag: "wx" });
  task.step("release");
  const [detached, clearsigned] = await Promise.all([
    deps.signer.detachSign(text),
    deps.signer.clearsign(text),
  ]);
  await writeFile(join(dir, "Release.gpg"), detached, { flag: "wx" });
  await writeFile(join(dir, "InRelease"), clearsigned, { flag: "wx" });
  task.step("signed");
  for (const name of ["Release", "Release.gpg", "InRelease"]) {
    await utimes(join(dir, name), date, date);
    await syncFile(join(dir, name));
  }
  await syncTree(dir);
  await syncDir(task.paths.root);
  task.step("synced");
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
    await removeOld(paths, deps.clock.now());
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
function needsRenewal(row: ArchiveDistribution, now: Date): boolean {
  const { validDays } = JSON.parse(row.options) as DistributionOptions;
  if (validDays === undefined || row.last_date === null) return false;
  return now.getTime() - Date.parse(row.last_date) > (validDays * 86_400_000) / 2;
}

/** Equal for equal content, and not after a change of key: then everything is signed again. */
function contentKey(head: readonly string[], files: readonly HashedFile[]): string {
  const lines = files.map(({ path, digests }) => `${digests.sha256} ${path}`);
  return createHash("sha256")
    .update([...head, ...lines].join("\n"))
    .digest("hex");
}

/** Whether the files on disk are what the row says was published; they are not after a restore, say. */
function shows(generation: Generation, layout: IndexLayout, files: readonly HashedFile[]): boolean {
  const { release } = generation;
  const plain = [...release.files.keys()].filter(isPlainName);
  return (
    release.head === releaseHead(layout) &&
    plain.length === files.length &&
    files.every(({ path, digests }) => release.files.get(path)?.sha256 === digests.sha256)
  );
}
