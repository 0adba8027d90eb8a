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
  oldRejectedUploads,
  PORTION,
  staleFiles,
  type UploadRow,
  uploadFileSums,
} from "./incoming-store.ts";
import type { IncomingLimits } from "./limits.ts";
import { sumsInColumns, sumsInTexts } from "./needed-sums.ts";

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

/** What the clean-up would remove first; shown by a dry run, and never made of anything but own rows and age. */
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

/** Lets go what is old, in portions until none is left, then the content that nothing needs any more. */
export async function cleanUp(deps: CleanupDeps, signal?: AbortSignal): Promise<CleanupReport> {
  const done = { files: 0, rejectedUploads: 0, temporaries: 0 };
  const sums = new Set<string>();
  for (;;) {
    const plan = await planCleanup(deps);
    const uploads = plan.rejectedUploads.map((upload) => upload.id);
    const portion = new Set([
      ...plan.orphans,
      ...plan.files.map((file) => file.sha256),
      ...(await uploadFileSums(deps.db.read, uploads)),
    ]);
    // Marked first: if this ends between the rows and the files, the next run finds the files by their markers.
    for (const sum of portion) await writeFile(join(deps.dir, sum), "", { flag: "a" });
    await deps.db.write(async (tx) => {
      await deleteFiles(
        tx,
        plan.files.map((file) => file.id),
      );
      await expireUploads(tx, uploads, isoNow(deps.clock));
      await deleteEmptySessions(tx);
    });
    for (const name of plan.temporaries) await unlinkIfPresent(join(deps.storeDir, name));
    for (const sum of portion) sums.add(sum);
    done.files += plan.files.length;
    done.rejectedUploads += uploads.length;
    done.temporaries += plan.temporaries.length;
    const isAll = plan.files.length < PORTION && uploads.length < PORTION;
    if (isAll || signal?.aborted === true) break;
  }
  return { ...done, blobs: await removeBlobs(deps, [...sums], signal) };
}

async function removeBlobs(
  deps: CleanupDeps,
  sums: readonly string[],
  signal?: AbortSignal,
): Promise<number> {
  // From before rows are looked at: who stores content by another way than this folder's makes it young.
  const since = new Date(deps.clock.now().getTime() - YOUNG_MS);
  const inColumns = await sumsInColumns(deps.db.read, sums);
  const inTexts = await sumsInTexts(
    deps.db.read,
    sums.filter((sum) => !inColumns.has(sum)),
  );
  let removed = 0;
  for (let start = 0; start < sums.length && signal?.aborted !== true; start += BATCH) {
    const batch = sums.slice(start, start + BATCH);
    removed += await deps.gate.alone(async () => {
      const needed = await sumsInColumns(deps.db.read, batch);
      let count = 0;
      for (const sum of batch) {
        if (!needed.has(sum) && !inTexts.has(sum)) {
          if (deps.blobs.removeUnused(sum, since) !== undefined) count += 1;
          // Too young: its marker stays for a later run.
          else if (await deps.blobs.has(sum)) continue;
        }
        await unlinkIfPresent(join(deps.dir, sum));
      }
      return count;
    });
  }
  return removed;
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
