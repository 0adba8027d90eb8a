import { join } from "node:path";
import type { Database, Executor, Tx } from "#db";
import { readDeb } from "#deb";
import { type BlobStore, type Clock, type Exec, exec, type Home, type Log, MbdError } from "#platform";
import { type BulkOptions, type PreparedBatch, preparePackages } from "./bulk/index.ts";
import { type ChunkStore, createChunkStore } from "./chunks/index.ts";
import { poolFile, poolFiles, releaseFiles, sourceVersions } from "./file-queries.ts";
import { allDistributions, type ListedPackage, listPackages } from "./listing.ts";
import {
  announceMoments,
  askForSnapshots,
  createMoments,
  createSnapshot,
  deleteSnapshot,
  type ListedSnapshot,
  listMoments,
  listSnapshots,
  type Moment,
  type MomentLimits,
  momentAt,
  type Snapshot,
  type SnapshotRequest,
  settleSnapshots,
  snapshotsField,
} from "./moments/index.ts";
import { type PathList, storePaths } from "./path-lists.ts";
import { prepareRelease } from "./prepare.ts";
import { type PublisherDeps, publishDistribution } from "./publish/index.ts";
import * as queries from "./queries.ts";
import { createSerializer } from "./serializer.ts";
import { sourceDetails } from "./source-details.ts";
import {
  type AppliedChange,
  applyChange,
  type ChangePlan,
  type ChangeRequest,
  distributionNamed,
  ensureDistribution,
  installRelease,
  type PinnedRollback,
  pinnedRollbacks,
  pinRollback,
  planChange,
  type RetentionChange,
  type RollbackPin,
  setRetention,
} from "./suites/index.ts";
import type {
  ArchiveDistribution,
  Counts,
  DebReader,
  DistributionSpec,
  InstalledRelease,
  ListOptions,
  Place,
  PoolFile,
  PreparedRelease,
  PublishQueue,
  ReleaseFiles,
  ReleaseInput,
  ReleaseSigner,
  RetentionOptions,
  SnapshotPlace,
  SourceDetail,
  SourceFiles,
  SourceList,
} from "./types.ts";
import {
  type CheckOptions,
  type CheckReport,
  checkArchive,
  chosenDistributions,
  collectGarbage,
  type GcOptions,
  type GcReport,
  type Pin,
  pinMoment,
  reindex,
  renewDue,
} from "./upkeep/index.ts";

export interface ArchiveDeps {
  readonly db: Database;
  readonly home: Home;
  readonly blobs: BlobStore;
  readonly signer: ReleaseSigner;
  readonly queue: PublishQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly readDeb?: DebReader;
  readonly exec?: Exec;
  /** Default: in the cache of the home. */
  readonly chunks?: ChunkStore;
  /** Of the server as clients see it, without a slash at its end: Release names earlier moments there. */
  readonly url?: string;
  readonly momentLimits?: MomentLimits;
  readonly onStep?: NonNullable<PublisherDeps["onStep"]>;
  readonly sleep?: NonNullable<PublisherDeps["sleep"]>;
}

export interface SnapshotOptions {
  /** Default true: returns when clients see it. */
  readonly wait?: boolean;
  /** Writes what else belongs to the change, in its transaction. */
  readonly alongside?: (tx: Tx) => Promise<unknown>;
}

export interface Archive {
  /** Makes or changes a distribution; live ones before their rollbacks. Returns its id. */
  ensureDistribution(tx: Tx, spec: DistributionSpec): Promise<number>;
  /** Reads the files of a release; nothing is stored but blobs. @throws MbdError bad_dsc, source_incomplete, broken_deb, pool_conflict */
  prepareRelease(input: ReleaseInput): Promise<PreparedRelease>;
  /**
   * Reads files for `apply` many at a time: packages to add and releases to install; the store gets the files.
   * @throws MbdError broken_deb, bad_dsc, bad_changes, source_incomplete
   */
  preparePackages(paths: readonly string[], options: BulkOptions): AsyncIterable<PreparedBatch>;
  /** Keeps lists of paths of packages that come later (`takePaths` of `preparePackages`). */
  storePaths(tx: Tx, lists: readonly PathList[]): Promise<void>;
  /** @throws MbdError not_found, is_rollback, component_unknown, version_exists, pool_conflict */
  installRelease(tx: Tx, prepared: PreparedRelease, distribution: string): Promise<InstalledRelease>;
  /** What a change would do now, or why it cannot be done; reads only. @throws MbdError as `apply` */
  plan(request: ChangeRequest, db?: Executor): Promise<ChangePlan>;
  /**
   * Plans a change on what the transaction reads, does it, and has all distributions that change published.
   * @throws MbdError not_found, is_rollback, component_unknown, ambiguous, version_mismatch, bad_argument,
   * already_there, version_exists, downgrade, version_lower, pool_conflict, occupied
   */
  apply(tx: Tx, request: ChangeRequest): Promise<AppliedChange>;
  /** Shows clients what is wanted; at once when nothing is due. @throws MbdError not_found, clock_behind */
  publish(repository: string, distribution: string): Promise<void>;
  isPublished(distribution: string, publish: number): Promise<boolean>;
  /** Inside a transaction, give that as `db`: the answer then cannot change before the commit. */
  places(repository: string, source: string, db?: Executor): Promise<Place[]>;
  /** The same of named snapshots, which keep the files of versions that may be nowhere else. */
  snapshotPlaces(repository: string, source: string, db?: Executor): Promise<SnapshotPlace[]>;
  list(distribution: string, options?: ListOptions): Promise<SourceList>;
  /** A source in every distribution of these repositories that holds it, with its packages. */
  sourceDetails(repositories: readonly string[], source: string): Promise<SourceDetail[]>;
  /** By name of the distribution. */
  counts(repository: string): Promise<Map<string, Counts>>;
  /** Sources that have the binary packages in a live distribution, by package. */
  ownersOf(distribution: string, binaries: readonly string[], db?: Executor): Promise<Map<string, string[]>>;
  poolFile(repository: string, fileName: string): Promise<PoolFile | undefined>;
  /** One for each component that has the name, main first. */
  poolFiles(repository: string, fileName: string): Promise<PoolFile[]>;
  releaseFiles(releaseId: number): Promise<ReleaseFiles>;
  /** Versions of a source that the pools of repositories (none: of all) hold, wherever they are listed. */
  sourceVersions(repositories: readonly string[], source: string, db?: Executor): Promise<SourceFiles[]>;
  /** By name. */
  distribution(name: string): Promise<ArchiveDistribution | undefined>;
  /** Of all repositories, live ones before their rollbacks. */
  distributions(): Promise<ArchiveDistribution[]>;
  /** `pattern`: glob, or part of the name of a package or its source. @throws MbdError not_found */
  packages(distribution: string, pattern?: string): Promise<ListedPackage[]>;
  /**
   * Gives the state that a distribution is wanted to show now a name; clients see it when this returns.
   * @param by who wants it
   * @throws MbdError bad_argument, not_found, snapshot_exists
   */
  snapshotCreate(
    request: SnapshotRequest & { readonly by: string },
    options?: SnapshotOptions,
  ): Promise<Snapshot>;
  /** @throws MbdError not_found */
  snapshotDelete(request: SnapshotRequest, options?: SnapshotOptions): Promise<void>;
  /** By name. @throws MbdError not_found */
  snapshotList(distribution: string): Promise<ListedSnapshot[]>;
  /**
   * Directory with what a distribution showed at a timestamp (`20240102T030405Z`), made when it is asked for first;
   * undefined where there was nothing. @throws MbdError moments_busy
   */
  momentPath(repository: string, timestamp: string, distribution: string): Promise<string | undefined>;
  /** Publishes that clients may go back to, the newest first. */
  moments(
    repository: string,
    options: { readonly limit: number; readonly pinned?: boolean },
  ): Promise<Moment[]>;
  /** What a timestamp (`20240102T030405Z`) means; undefined where that is kept no more, or no time. */
  momentAt(repository: string, timestamp: string, db?: Executor): Promise<Moment | undefined>;
  /** Keeps the moment of a publish for ever, or no longer than others again. @throws MbdError not_found */
  pinMoment(tx: Tx, pin: Pin): Promise<void>;
  /** Keeps an entry of a rollback list for ever, or not. @throws MbdError not_found, version_mismatch, bad_argument */
  pinRollback(tx: Tx, pin: RollbackPin): Promise<PinnedRollback>;
  /** Entries that are pinned, of a rollback or of all of a live distribution. @throws MbdError not_found */
  pinnedRollbacks(distribution: string): Promise<PinnedRollback[]>;
  /** How long a live distribution keeps what is past; returns what holds then. @throws MbdError not_found, is_rollback */
  setRetention(tx: Tx, distribution: string, change: RetentionChange): Promise<RetentionOptions>;
  /** Forgets what nothing that is kept needs, and removes files that no row needs for a day. */
  gc(options: GcOptions): Promise<GcReport>;
  /** Compares rows, files and what clients see, and mends what can be mended. @throws MbdError not_found */
  check(options?: CheckOptions): Promise<CheckReport>;
  /**
   * Makes all indices of a distribution, or of all, from rows; clients see only what differs, or with `force` new
   * files in any case. Returns the names of the distributions. @throws MbdError not_found
   */
  reindex(distribution?: string, options?: { readonly force?: boolean }): Promise<string[]>;
  /** Has all distributions published whose Valid-Until is half over. Returns their names. */
  renewDue(): Promise<string[]>;
  /** For the start of a daemon: has the files of snapshots looked after, and the `url` of moments told to clients. */
  recover(): Promise<void>;
}

/** The APT archives of an instance: one for each repository, below `home.repositories`. */
export function createArchive(deps: ArchiveDeps): Archive {
  const { db, blobs } = deps;
  const preparing = { db: db.read, blobs, readDeb: deps.readDeb ?? readDeb };
  const publishing = {
    ...deps,
    repositories: deps.home.repositories,
    temporary: deps.home.cache,
    chunks:
      deps.chunks ?? createChunkStore({ dir: join(deps.home.cache, "chunks"), exec: deps.exec ?? exec }),
    readDeb: deps.readDeb ?? readDeb,
    exec: deps.exec ?? exec,
  };
  const oneByOne = createSerializer();
  const moments = createMoments({ ...publishing, limits: deps.momentLimits });
  const publish = (repository: string, distribution: string) =>
    oneByOne(`${repository}/${distribution}`, async () => {
      await publishDistribution(publishing, repository, distribution);
      await settleSnapshots(publishing, repository, distribution);
    });
  const publishNamed = async (distribution: string) => {
    const row = await distributionNamed(db.read, distribution);
    if (row !== undefined) await publish(row.repository, distribution);
  };
  const upkeep = { ...publishing, publish };
  return {
    ensureDistribution: (tx, spec) => ensureDistribution(deps, tx, withMoments(spec, deps.url)),
    prepareRelease: (input) => prepareRelease(preparing, input),
    preparePackages: (paths, options) => preparePackages(preparing, paths, options),
    storePaths,
    installRelease: (tx, prepared, distribution) => installRelease(deps, tx, prepared, distribution),
    plan: (request, from = db.read) => planChange(from, request),
    apply: (tx, request) => applyChange(deps, tx, request),
    publish,
    isPublished: (distribution, publish) => queries.isPublished(db.read, distribution, publish),
    places: (repository, source, from = db.read) => queries.places(from, repository, source),
    snapshotPlaces: (repository, source, from = db.read) => queries.snapshotPlaces(from, repository, source),
    list: (distribution, options) => queries.list(db, distribution, options),
    sourceDetails: (repositories, source) => sourceDetails(db.read, repositories, source),
    counts: (repository) => queries.counts(db.read, repository),
    ownersOf: (distribution, binaries, from = db.read) => queries.ownersOf(from, distribution, binaries),
    poolFile: (repository, fileName) => poolFile(db.read, blobs, repository, fileName),
    poolFiles: (repository, fileName) => poolFiles(db.read, blobs, repository, fileName),
    sourceVersions: (repositories, source, from = db.read) => sourceVersions(from, repositories, source),
    releaseFiles: (releaseId) => releaseFiles(db.read, releaseId),
    distribution: (name) => distributionNamed(db.read, name),
    distributions: () => allDistributions(db.read),
    packages: (distribution, pattern) => listPackages(db.read, distribution, pattern),
    async snapshotCreate(request, { wait = true, alongside } = {}) {
      const snapshot = await db.write(async (tx) => {
        const created = await createSnapshot(publishing, tx, request);
        await alongside?.(tx);
        return created;
      });
      if (wait) await publishNamed(request.distribution);
      return snapshot;
    },
    async snapshotDelete(request, { wait = true, alongside } = {}) {
      await db.write(async (tx) => {
        await deleteSnapshot(publishing, tx, request);
        await alongside?.(tx);
      });
      if (wait) await publishNamed(request.distribution);
    },
    snapshotList: (distribution) => listSnapshots(db.read, distribution),
    momentPath: moments.path,
    moments: (repository, options) => listMoments(db.read, repository, options),
    momentAt: (repository, timestamp, from = db.read) => momentAt(from, repository, timestamp),
    pinMoment,
    pinRollback,
    pinnedRollbacks: (distribution) => pinnedRollbacks(db.read, distribution),
    setRetention,
    gc: (options) => oneByOne("upkeep", () => collectGarbage(upkeep, options)),
    check: (options) => oneByOne("upkeep", () => checkArchive(upkeep, options)),
    async reindex(distribution, options) {
      const rows = await chosenDistributions(db.read, distribution);
      if (rows.length === 0 && distribution !== undefined)
        throw new MbdError("not_found", { what: `Distribution '${distribution}'` });
      for (const row of rows) await reindex(upkeep, row, options);
      return rows.map(({ name }) => name);
    },
    renewDue: () => renewDue(deps),
    async recover() {
      if (deps.url !== undefined) await announceMoments(publishing, deps.url);
      await askForSnapshots(publishing);
    },
  };
}

function withMoments(spec: DistributionSpec, url: string | undefined): DistributionSpec {
  if (url === undefined || spec.snapshots !== undefined) return spec;
  return { ...spec, snapshots: snapshotsField(url, spec.repository) };
}
