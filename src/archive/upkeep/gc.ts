import type { Executor } from "#db";
import { type ExpireDeps, type ExpiredRollbacks, expireRollbacks } from "./expire.ts";
import {
  type FileDeps,
  type Removed,
  sweepBlobs,
  sweepChunks,
  sweepMoments,
  sweepPool,
  sweepTemporaries,
} from "./gc-files.ts";
import { type ForgottenRows, forget, forgetUnusedPaths, planForgetting } from "./retention.ts";
import { type RetentionTime, repositoriesOf } from "./retention-store.ts";

export interface GcDeps extends FileDeps, ExpireDeps {}

export interface GcProgress {
  /** What is being looked through. */
  readonly what: "rows" | "pool" | "store";
  /** Steps done; how many there will be is not known. */
  readonly done: number;
}

export interface GcOptions {
  /** Of the SHA-256 sums given, those that rows outside the archive need; when unsure, all. */
  readonly blobUsers: (sha256s: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Sources that somebody works on: their files in the pool may be needed though no distribution shows them. */
  readonly busySources: (db: Executor, repository: string) => Promise<ReadonlySet<string>>;
  /** Only shows what would go. */
  readonly dryRun?: boolean;
  /** What is younger stays; default a day. With 0 nothing else may use the archive meanwhile. */
  readonly graceSeconds?: number;
  readonly onProgress?: (progress: GcProgress) => void;
  readonly signal?: AbortSignal;
}

export interface GcReport extends ExpiredRollbacks {
  readonly dryRun: boolean;
  /** Entries of distributions and rollback lists that only forgotten moments had. */
  readonly memberships: number;
  readonly releases: number;
  readonly packages: number;
  /** Files that lost their last user now; they leave the disk when the grace time is over. */
  readonly forgotten: readonly {
    readonly repository: string;
    readonly path: string;
    readonly sizeBytes: number;
  }[];
  /** Names in the pool. */
  readonly names: Removed;
  /** Content: the disk gets that much. */
  readonly blobs: Removed;
  readonly temporaries: number;
  readonly chunks: number;
  /** Indices made on demand for moments that are kept no longer. */
  readonly moments: number;
}

const GRACE_SECONDS = 86_400;

/**
 * Forgets what no distribution, rollback, named snapshot, pinned publish or kept moment needs, and removes files that
 * no row needs. Rollback lists lose what is older than they keep. Rows go first, files a grace time later; ending anywhere leaves only what the next run removes.
 */
export async function collectGarbage(deps: GcDeps, options: GcOptions): Promise<GcReport> {
  const { dryRun = false, graceSeconds = GRACE_SECONDS, signal } = options;
  const now = deps.clock.now();
  const time = { now, graceSeconds };
  const step = (what: GcProgress["what"]) => {
    let done = 0;
    return () => {
      signal?.throwIfAborted();
      done += 1;
      options.onProgress?.({ what, done });
    };
  };
  const rollbacks = await expireRollbacks(deps, dryRun);
  const repositories = await repositoriesOf(deps.db.read);
  const rows: ForgottenRows[] = [];
  for (const repository of repositories)
    rows.push(await forgetIn(deps, options, repository, time, step("rows")));
  if (!dryRun) await forgetUnusedPaths(deps);
  const forgotten = rows.flatMap(({ files }) => files);
  // In a dry run rows are still there that would be gone.
  const would = new Set(dryRun ? forgotten.map(({ repository, path }) => `${repository}/${path}`) : []);
  const sweep = { dryRun, since: new Date(now.getTime() - graceSeconds * 1000) };
  const names: Removed[] = [];
  let moments = 0;
  for (const repository of repositories) {
    const own = new Set([...would].flatMap((path) => below(repository, path)));
    names.push(await sweepPool(deps, repository, own, { ...sweep, onStep: step("pool") }));
    if (!dryRun) moments += await sweepMoments(deps, repository);
  }
  const blobs = await sweepBlobs(deps, options.blobUsers, would, { ...sweep, onStep: step("store") });
  return {
    dryRun,
    ...rollbacks,
    memberships: total(rows.map((each) => each.memberships)),
    releases: total(rows.map((each) => each.releases)),
    packages: total(rows.map((each) => each.packages)),
    forgotten: forgotten.map(({ repository, path, sizeBytes }) => ({ repository, path, sizeBytes })),
    names: {
      count: total(names.map(({ count }) => count)),
      bytes: total(names.map(({ bytes }) => bytes)),
    },
    blobs,
    temporaries: await sweepTemporaries(deps, now, dryRun),
    chunks: dryRun ? 0 : await sweepChunks(deps, time),
    moments,
  };
}

async function forgetIn(
  deps: GcDeps,
  { busySources, dryRun = false }: GcOptions,
  repository: string,
  time: RetentionTime,
  onStep: () => void,
): Promise<ForgottenRows> {
  onStep();
  const scope = { repository, time, busySources: await busySources(deps.db.read, repository) };
  const plan = await planForgetting(deps.db.read, scope);
  if (!dryRun) return await forget({ ...deps, busySources }, scope, plan, onStep);
  return {
    memberships: plan.memberships.length + plan.rollbacks.length,
    releases: plan.releases.length,
    packages: plan.packages.length,
    files: plan.files.map((file) => ({ ...file, repository })),
  };
}

function below(repository: string, path: string): string[] {
  return path.startsWith(`${repository}/`) ? [path.slice(repository.length + 1)] : [];
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
