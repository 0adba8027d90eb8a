import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { Executor } from "#db";
import { type Dsc, versionsEqual } from "#deb";
import { type BlobBatch, type BlobStore, exists, MbdError } from "#platform";
import type { WeakSums } from "../compress.ts";
import type { PathList } from "../path-lists.ts";
import { poolPath } from "../pool-path.ts";
import { refuseTwice } from "../prepare.ts";
import type { DebReader, PreparedPackage, PreparedRelease } from "../types.ts";
import {
  type GivenDsc,
  type GivenFile,
  readIfSmall,
  readSmallFile,
  refuse,
  sortFiles,
} from "./given-files.ts";
import { type DebInput, type PreparedDeb, readDebs, SMALL_BYTES } from "./read-debs.ts";
import {
  componentOfSource,
  MAX_DSC_BYTES,
  type ReadDsc,
  readDsc,
  readSource,
  storeLoose,
} from "./read-source.ts";
import type { StoredFile } from "./stored-file.ts";

export interface BulkDeps {
  readonly db: Executor;
  readonly blobs: BlobStore;
  readonly readDeb: DebReader;
}

export interface BulkOptions {
  readonly repository: string;
  /** For all; without, that of each package's section (`contrib/utils`), else `main`. */
  readonly component?: string;
  /** Refused files are told in `refused`, the others prepared; without, the first one is thrown. */
  readonly keepGoing?: boolean;
  /**
   * Takes the lists of paths of packages as soon as they were read, as they may need more memory than all else; packages
   * then come without. A list that is lost is made again of its file (`readMissingPaths`).
   */
  readonly takePaths?: (lists: readonly PathList[]) => Promise<void>;
  /** Weak sums of .debs too. */
  readonly weak?: WeakSums;
  readonly onProgress?: (progress: {
    readonly done: number;
    readonly total: number;
    readonly bytes: number;
  }) => void;
  readonly signal?: AbortSignal;
}

/** Packages of one component, their files in the store: ready to be registered. */
export interface PreparedBatch {
  readonly component: string;
  /** Those whose source was not given with them. */
  readonly packages: readonly PreparedPackage[];
  /** Sources with all that was given of the same version. */
  readonly releases: readonly PreparedRelease[];
  /** Since the batch before. */
  readonly refused: readonly MbdError[];
}

/** Files read in one go: enough to share the cost of processes and of syncing, little enough to hold in memory. */
const PART = { files: 1000, bytes: 48 * 1024 * 1024 };

/**
 * Reads .deb, .udeb, .ddeb, .dsc (with the files beside it) and .changes (with all it lists) many at a time. A .dsc
 * makes a release of itself and the packages built from it; these come last. The store gets the files, the database
 * stays as it is; a batch is durable when it is given out.
 * @throws MbdError broken_deb, bad_dsc, bad_changes, source_incomplete
 */
export async function* preparePackages(
  deps: BulkDeps,
  paths: readonly string[],
  options: BulkOptions,
): AsyncGenerator<PreparedBatch, void, undefined> {
  const given = sortFiles(paths);
  const batch = deps.blobs.batch();
  const work = createWork(deps, batch, options, given.dscs.length + given.debs.length);
  const parts = work.parts(given.debs);
  let next: Promise<PreparedDeb[]> | undefined;
  /** The next part is read while somebody registers this one. */
  const readAhead = () => {
    const part = parts.next();
    next = part.done === true ? undefined : work.readPart(part.value);
    next?.catch(() => undefined);
  };
  try {
    const sources = work.readDscs(given.dscs);
    const held = new Map<OpenSource, PreparedPackage[]>(sources.map((source) => [source, []]));
    const ownerOf = ownersByName(sources);
    readAhead();
    while (next !== undefined) {
      const loose: PreparedDeb[] = [];
      const debs = await withoutPaths(options, await next);
      readAhead();
      for (const deb of debs) {
        const source = ownerOf(deb);
        if (source === undefined) loose.push(deb);
        else held.get(source)?.push(deb.item);
      }
      await batch.commit();
      yield* work.batches(loose, []);
    }
    const releases: PreparedRelease[] = [];
    for (const [source, items] of held) releases.push(...(await work.release(source, items)));
    await batch.commit();
    yield* work.batches([], releases);
  } finally {
    await next?.catch(() => undefined);
    await batch.close();
  }
}

async function withoutPaths(
  { takePaths }: BulkOptions,
  debs: readonly PreparedDeb[],
): Promise<readonly PreparedDeb[]> {
  if (takePaths === undefined) return debs;
  await takePaths(
    debs.flatMap(
      ({
        item: {
          paths,
          files: [file],
        },
      }) => (paths === null || file === undefined ? [] : [{ sha256: file.sha256, paths }]),
    ),
  );
  return debs.map(({ item, ...rest }) => ({ ...rest, item: { ...item, paths: null } }));
}

interface OpenSource extends ReadDsc {
  readonly given: GivenDsc;
  readonly component: string;
}

/** Finds the source that was given with a package. */
function ownersByName(sources: readonly OpenSource[]): (deb: PreparedDeb) => OpenSource | undefined {
  const byName = new Map<string, OpenSource[]>();
  for (const source of sources) {
    const key = `${source.component} ${source.dsc.source}`;
    byName.set(key, [...(byName.get(key) ?? []), source]);
  }
  return ({ component, item }) =>
    byName
      .get(`${component} ${item.source}`)
      ?.find(({ dsc }) => versionsEqual(item.sourceVersion, dsc.version));
}

function createWork(deps: BulkDeps, batch: BlobBatch, options: BulkOptions, total: number) {
  let refused: MbdError[] = [];
  let done = 0;
  let bytes = 0;
  const refuseOne = (error: unknown): void => {
    if (options.keepGoing !== true || !(error instanceof MbdError)) throw error;
    refused.push(error);
  };
  const count = (files: number, size: number): void => {
    done += files;
    bytes += size;
    options.onProgress?.({ done, total, bytes });
  };

  return {
    readDscs(dscs: readonly GivenDsc[]): OpenSource[] {
      const read: OpenSource[] = [];
      for (const given of dscs) {
        try {
          const dsc = readDsc(given.name, readSmallFile(given.path, MAX_DSC_BYTES));
          const component = options.component ?? componentOfSource(dsc.dsc, given.section);
          read.push({ ...dsc, given, component });
        } catch (error) {
          refuseOne(error);
        }
      }
      return read;
    },

    *parts(files: readonly GivenFile[]): Generator<GivenFile[]> {
      for (let at = 0; at < files.length; at += PART.files) yield files.slice(at, at + PART.files);
    },

    async readPart(part: readonly GivenFile[]): Promise<PreparedDeb[]> {
      const read: PreparedDeb[] = [];
      let inputs: DebInput[] = [];
      let size = 0;
      const flush = async () => {
        const weak = options.weak ?? { md5: false, sha1: false };
        for (const result of await readDebs({ readDeb: deps.readDeb, weak }, batch, inputs)) {
          if (result instanceof MbdError) refuseOne(result);
          else read.push(result);
        }
        count(inputs.length, size);
        [inputs, size] = [[], 0];
      };
      for (const file of part) {
        options.signal?.throwIfAborted();
        try {
          const found = readIfSmall(file.path, SMALL_BYTES);
          const content = typeof found === "number" ? file.path : found;
          inputs.push({ ...file, content, component: options.component });
          size += typeof found === "number" ? 0 : found.length;
        } catch (error) {
          refuseOne(error);
        }
        if (size > PART.bytes) await flush();
      }
      await flush();
      return read;
    },

    /** Nothing when the source is refused, and then its packages with it. */
    async release(source: OpenSource, items: readonly PreparedPackage[]): Promise<PreparedRelease[]> {
      options.signal?.throwIfAborted();
      const { dsc, given, component } = source;
      try {
        checkExpected(source);
        const find = (name: string, sha256: string) =>
          findFile(deps, options.repository, source, name, sha256);
        const item = await readSource(batch, source, { component, find });
        const packages = [item, ...items];
        refuseTwice(packages);
        const store = (file: GivenFile) => storeLoose(batch, file.path);
        const changes = [];
        for (const file of given.changes) changes.push(await store(file));
        const buildinfos = [];
        for (const file of given.buildinfos) buildinfos.push(await store(file));
        count(
          1,
          item.files.reduce((sum, file) => sum + file.sizeBytes, 0),
        );
        const { source: name, version } = dsc;
        const { repository } = options;
        return [{ repository, component, source: name, version, bkey: null, packages, buildinfos, changes }];
      } catch (error) {
        refuseOne(error);
        return [];
      }
    },

    *batches(loose: readonly PreparedDeb[], releases: readonly PreparedRelease[]): Generator<PreparedBatch> {
      const components = new Set([...loose, ...releases].map(({ component }) => component));
      for (const component of components) {
        const gone = refused;
        refused = [];
        yield {
          component,
          packages: loose.filter((deb) => deb.component === component).map(({ item }) => item),
          releases: releases.filter((release) => release.component === component),
          refused: gone,
        };
      }
      if (components.size > 0 || refused.length === 0) return;
      yield { component: options.component ?? "main", packages: [], releases: [], refused };
      refused = [];
    },
  };
}

function checkExpected({ given, bytes }: OpenSource): void {
  const { expected } = given;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (expected !== undefined && expected.sha256 !== sha256) {
    refuse(given.name, `its SHA256 is ${sha256}, not ${expected.sha256} as the .changes says`);
  }
}

/** Beside the .dsc, else in the pool: what an upload without the original tarball means. */
async function findFile(
  deps: BulkDeps,
  repository: string,
  { dsc, given, component }: OpenSource,
  name: string,
  sha256: string,
): Promise<string | StoredFile | undefined> {
  const beside = join(dirname(given.path), name);
  if (await exists(beside)) return beside;
  return await findInPool(deps, repository, { dsc, component, name, sha256 });
}

async function findInPool(
  { db, blobs }: BulkDeps,
  repository: string,
  file: { dsc: Dsc; component: string; name: string; sha256: string },
): Promise<StoredFile | undefined> {
  const row = await db
    .selectFrom("pool_file")
    .select(["sha256", "size"])
    .where("repository", "=", repository)
    .where("path", "=", poolPath(file.component, file.dsc.source, file.name))
    .executeTakeFirst();
  if (row?.sha256 !== file.sha256) return undefined;
  return { path: blobs.path(row.sha256), sha256: row.sha256, sizeBytes: Number(row.size) };
}
