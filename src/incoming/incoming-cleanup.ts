import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "#db";
import {
  type BlobStore,
  type Clock,
  isoAfter,
  isoNow,
  namesIn,
  statOrUndefined,
  unlinkIfPresent,
} from "#platform";
import type { BlobGate } from "./blob-gate.ts";
import {
  deleteEmptySessions,
  deleteFiles,
  expireUploads,
  type FileRow,
  neededSums,
  oldRejectedUploads,
  staleFiles,
  type UploadRow,
  uploadFileSums,
} from "./incoming-store.ts";
import type { IncomingLimits } from "./limits.ts";

export interface CleanupDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly blobs: BlobStore;
  readonly gate: BlobGate;
  readonly limits: IncomingLimits;
  /** `home.incoming`: markers of content without a row. */
  readonly dir: string;
  /** `home.store`: unfinished files lie in it under private names. */
  readonly storeDir: string;
}

/** What the clean-up would remove; shown by a dry run, and never made of anything but own rows and age. */
export interface CleanupPlan {
  /** Received files that no upload keeps any more. */
  readonly files: readonly FileRow[];
  readonly rejectedUploads: readonly UploadRow[];
  /** Private files of transfers that ended with their process. */
  readonly temporaries: readonly string[];
  /** SHA-256 of content whose row was never written, or which an earlier clean-up did not get to. */
  readonly orphans: readonly string[];
}

export interface CleanupReport {
  readonly files: number;
  readonly rejectedUploads: number;
  readonly temporaries: number;
  readonly blobs: number;
}

/** The private names that the blob store writes under. */
const TEMPORARY = /^incoming\.\d+\.[0-9a-f]{12}\.new$/;
const MARKER = /^[0-9a-f]{64}$/;
const BATCH = 100;
/** Content that somebody stored a moment ago may be waiting for its row. */
const YOUNG_MS = 3_600_000;

export async function planCleanup(deps: CleanupDeps): Promise<CleanupPlan> {
  const { db, clock, limits } = deps;
  const unusedBefore = clock.now().getTime() - limits.unusedSeconds * 1000;
  return {
    files: await staleFiles(db.read, isoAfter(clock, -limits.unusedSeconds)),
    rejectedUploads: await oldRejectedUploads(db.read, isoAfter(clock, -limits.rejectedSeconds)),
    temporaries: await oldNames(deps.storeDir, TEMPORARY, unusedBefore),
    orphans: await oldNames(deps.dir, MARKER, unusedBefore),
  };
}

export async function cleanUp(deps: CleanupDeps, signal?: AbortSignal): Promise<CleanupReport> {
  const plan = await planCleanup(deps);
  const uploads = plan.rejectedUploads.map((upload) => upload.id);
  const sums = new Set([
    ...plan.orphans,
    ...plan.files.map((file) => file.sha256),
    ...(await uploadFileSums(deps.db.read, uploads)),
  ]);
  // Marked first: if this ends between the rows and the files, the next run finds the files by their markers.
  for (const sum of sums) await writeFile(join(deps.dir, sum), "", { flag: "a" });
  await deps.db.write(async (tx) => {
    await deleteFiles(
      tx,
      plan.files.map((file) => file.id),
    );
    await expireUploads(tx, uploads, isoNow(deps.clock));
    await deleteEmptySessions(tx);
  });
  for (const name of plan.temporaries) await unlinkIfPresent(join(deps.storeDir, name));
  return {
    files: plan.files.length,
    rejectedUploads: uploads.length,
    temporaries: plan.temporaries.length,
    blobs: await removeBlobs(deps, [...sums], signal),
  };
}

async function removeBlobs(
  deps: CleanupDeps,
  sums: readonly string[],
  signal?: AbortSignal,
): Promise<number> {
  let removed = 0;
  for (let start = 0; start < sums.length && signal?.aborted !== true; start += BATCH) {
    const batch = sums.slice(start, start + BATCH);
    removed += await deps.gate.alone(async () => {
      const needed = await neededSums(deps.db.read, batch);
      let count = 0;
      for (const sum of batch) {
        if (!needed.has(sum)) {
          if (await isYoung(deps, sum)) continue;
          await deps.blobs.remove(sum);
          count += 1;
        }
        await unlinkIfPresent(join(deps.dir, sum));
      }
      return count;
    });
  }
  return removed;
}

async function isYoung(deps: CleanupDeps, sum: string): Promise<boolean> {
  const stats = await statOrUndefined(deps.blobs.path(sum));
  return stats !== undefined && deps.clock.now().getTime() - stats.mtimeMs < YOUNG_MS;
}

async function oldNames(dir: string, pattern: RegExp, before: number): Promise<string[]> {
  const names: string[] = [];
  for (const name of await namesIn(dir)) {
    if (!pattern.test(name)) continue;
    const stats = await statOrUndefined(join(dir, name));
    if (stats?.isFile() === true && stats.mtimeMs < before) names.push(name);
  }
  return names;
}
