import type { Database, Executor } from "#db";
import type { Verifier } from "#keys";
import type { Clock } from "#platform";
import { type BlobStore, MbdError } from "#platform";
import { applyChange } from "../suites/index.ts";
import type { DebReader, PublishQueue } from "../types.ts";
import { createImporter, type Ready } from "./importer.ts";
import { type DistributionImport, planDistribution, type Selection } from "./plan-import.ts";
import { readRelease, type Trust } from "./read-release.ts";
import { openRemote, type Remote } from "./remote.ts";

export interface ImportDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly readDeb: DebReader;
  readonly verifier: Verifier;
  readonly queue: PublishQueue;
  readonly clock: Clock;
}

export interface ImportRequest extends Selection, Trust {
  /** http, https or file URL, or absolute directory, of a repository with `dists/`. */
  readonly location: string;
  /** Distribution there, and live distribution here. */
  readonly mappings: readonly { readonly from: string; readonly to: string }[];
  /** Go on after a file that is refused; all are told at the end. */
  readonly keepGoing?: boolean;
  /** Most bytes of all files to come; default none. */
  readonly maxBytes?: number;
}

export interface ImportProgress {
  readonly phase: "indices" | "files";
  /** Packages, sources too. */
  readonly done: number;
  readonly total: number;
  /** Fetched so far. */
  readonly bytes: number;
}

export interface ImportOptions {
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal;
  /** Packages of one step; default some hundreds. */
  readonly stepPackages?: number;
}

/** What an import would do; JSON. */
export interface ImportPlan {
  readonly distributions: readonly {
    readonly from: string;
    readonly to: string;
    readonly releases: number;
    /** Packages without their source. */
    readonly loose: number;
    readonly alreadyThere: number;
    readonly files: number;
    readonly bytes: number;
  }[];
  readonly refused: readonly RefusedFile[];
}

export interface RefusedFile {
  readonly file: string;
  readonly reason: string;
}

export interface ImportReport {
  readonly releases: number;
  readonly packages: number;
  readonly alreadyThere: number;
  /** Releases and packages that gave way to versions as high or higher. */
  readonly skipped: number;
  readonly bytes: number;
  readonly refused: readonly RefusedFile[];
  /** Distributions to publish, and the number they must reach for clients to see everything. */
  readonly changed: readonly string[];
  readonly publish: number;
}

/** Reads the other repository's indices and tells what would come. @throws MbdError as `importRepository` */
export async function planImport(
  deps: Pick<ImportDeps, "verifier"> & { readonly db: { readonly read: Executor } },
  request: ImportRequest,
  options: ImportOptions = {},
): Promise<ImportPlan> {
  const remote = openRemote(request.location);
  try {
    const refused: RefusedFile[] = [];
    const plans = await readPlans(deps, remote, request, options, refused);
    return { distributions: plans.map(summary), refused };
  } finally {
    remote.close();
  }
}

/**
 * Takes over distributions of another repository: its Release files by their signatures, its indices by Release, its
 * files by the indices. Done in steps of some hundred packages, each a transaction; killed at any time and started
 * again, it goes on behind the last step, and takes what it had fetched from the store.
 * @throws MbdError bad_argument, not_found, is_rollback, component_unknown, source_untrusted, source_unusable,
 * download_failed, too_large; without `keepGoing` also for the first refused file: broken_deb, bad_dsc, pool_conflict
 */
export async function importRepository(
  deps: ImportDeps,
  request: ImportRequest,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const remote = openRemote(request.location);
  const refused: RefusedFile[] = [];
  const batch = deps.blobs.batch();
  try {
    const plans = await readPlans(deps, remote, request, options, refused);
    const totals = plans.map(summary);
    const bytes = totals.reduce((sum, plan) => sum + plan.bytes, 0);
    if (request.maxBytes !== undefined && bytes > request.maxBytes) {
      throw new MbdError("too_large", { what: request.location, limit: request.maxBytes });
    }
    const report = newReport(totals.reduce((sum, plan) => sum + plan.alreadyThere, 0));
    const total = plans.reduce((sum, plan) => sum + countOf(plan), 0);
    const importing = {
      ...deps,
      remote,
      batch,
      signal: options.signal,
      onBytes: (count: number) => {
        report.bytes += count;
      },
      refuse: (error: MbdError) => refuse(request, refused, error),
    };
    const importer = createImporter(importing, options.stepPackages);
    for (const plan of plans) {
      for await (const ready of importer.steps(plan)) {
        options.signal?.throwIfAborted();
        await applyStep(deps, plan, ready, report, (error) => refuse(request, refused, error));
        report.done += ready.count;
        options.onProgress?.({ phase: "files", done: report.done, total, bytes: report.bytes });
      }
    }
    const { done: _done, changed, ...figures } = report;
    return { ...figures, changed: [...changed], refused };
  } finally {
    await batch.close();
    remote.close();
  }
}

/** What is here is as new or newer: it stays. */
const GIVES_WAY: readonly string[] = ["version_exists", "version_lower", "already_there", "downgrade"];

interface Counting {
  done: number;
  releases: number;
  packages: number;
  alreadyThere: number;
  skipped: number;
  bytes: number;
  changed: Set<string>;
  publish: number;
}

function newReport(alreadyThere: number): Counting {
  const none = { done: 0, releases: 0, packages: 0, skipped: 0, bytes: 0, publish: 0 };
  return { ...none, alreadyThere, changed: new Set() };
}

/** One transaction; where it is refused, each of its parts for itself, so that the good ones come. */
async function applyStep(
  deps: ImportDeps,
  plan: DistributionImport,
  ready: Ready,
  report: Counting,
  refuseOne: (error: MbdError) => void,
): Promise<void> {
  const requests = ready.requests(plan.to);
  const apply = async (some: typeof requests) => {
    const applied = await deps.db.write(async (tx) => {
      const results = [];
      for (const request of some) results.push(await applyChange(deps, tx, request));
      return results;
    });
    for (const [index, { publish, changed, plan: change }] of applied.entries()) {
      const request = some[index];
      report.publish = Math.max(report.publish, publish);
      for (const name of changed) report.changed.add(name);
      report.skipped += change.skipped.length;
      if (request?.kind === "install") {
        report.releases += 1;
        report.packages += request.release.packages.length;
      }
      if (request?.kind === "add") report.packages += request.packages.length - change.skipped.length;
    }
  };
  try {
    await apply(requests);
  } catch (error) {
    if (!(error instanceof MbdError)) throw error;
    for (const request of ready.split(plan.to)) {
      try {
        await apply([request]);
      } catch (single) {
        if (!(single instanceof MbdError)) throw single;
        if (GIVES_WAY.includes(single.code)) report.skipped += 1;
        else refuseOne(single);
      }
    }
  }
}

async function readPlans(
  deps: Pick<ImportDeps, "verifier"> & { readonly db: { readonly read: Executor } },
  remote: Remote,
  request: ImportRequest,
  options: ImportOptions,
  refused: RefusedFile[],
): Promise<DistributionImport[]> {
  const plans: DistributionImport[] = [];
  const total = request.mappings.length;
  for (const [done, mapping] of request.mappings.entries()) {
    options.signal?.throwIfAborted();
    options.onProgress?.({ phase: "indices", done, total, bytes: 0 });
    if (!/^[A-Za-z0-9][A-Za-z0-9.+~_/-]*$/.test(mapping.from) || mapping.from.includes("..")) {
      const reason = `'${mapping.from}' is no name of a distribution`;
      throw new MbdError("bad_argument", { argument: "distribution", reason });
    }
    const release = await readRelease(remote, deps.verifier, mapping.from, request);
    const reading = {
      db: deps.db.read,
      remote,
      refuse: (error: MbdError) => refuse(request, refused, error),
    };
    plans.push(await planDistribution(reading, mapping, release, request));
  }
  return plans;
}

function refuse({ keepGoing }: ImportRequest, refused: RefusedFile[], error: MbdError): void {
  if (keepGoing !== true) throw error;
  const { file, dsc, url } = error.params;
  refused.push({ file: String(file ?? dsc ?? url ?? "?"), reason: error.message });
}

function countOf({ releases, loose }: DistributionImport): number {
  return releases.reduce((sum, { binaries }) => sum + 1 + binaries.length, loose.length);
}

function summary(plan: DistributionImport): ImportPlan["distributions"][number] {
  const files = [
    ...plan.releases.flatMap(({ source, binaries }) => [
      ...source.files,
      ...binaries.map(({ file }) => file),
    ]),
    ...plan.loose.flatMap((item) => (item.kind === "binary" ? [item.binary.file] : item.source.files)),
  ];
  return {
    from: plan.from,
    to: plan.to,
    releases: plan.releases.length,
    loose: plan.loose.length,
    alreadyThere: plan.alreadyThere,
    files: files.length,
    bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}
