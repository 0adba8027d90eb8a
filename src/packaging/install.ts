import type { Archive, ReleaseInput } from "#archive";
import { BuildResult } from "#builds";
import type { Database } from "#db";
import type { Events } from "#events";
import type { JobContext, JobKind, JobQueue } from "#jobs";
import type { Verifier } from "#keys";
import { type BlobStore, type Clock, isoNow, type Log, MbdError } from "#platform";
import { resolveUploadTarget } from "#repositories";
import { type Completion, eventOf } from "./completion.ts";
import { checkPackagesAreOwn } from "./package-owners.ts";
import { sourceOf } from "./packaged-source.ts";
import {
  type Build,
  buildsOf,
  findPackaging,
  movePackaging,
  noteCommitted,
  type Packaging,
} from "./packaging-store.ts";
import { portRightsOf } from "./port-rights.ts";
import { autoPortsOf, recordRefused, reserveAutoPorts } from "./ports/index.ts";
import type { StoredFile } from "./source-files.ts";
import { subjectId } from "./verify.ts";
import { checkVersionIsNew, type FindPlaces } from "./version-rules.ts";

export interface InstallDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly archive: Archive;
  readonly events: Events;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly completion: Completion;
  readonly findPlaces: FindPlaces;
  readonly verifier: Verifier;
  readonly instanceKey: { publicKeyBinary(): Uint8Array };
  readonly log: Log;
}

/** What an install changed, kept in the row's message until the event is written. */
interface Installed {
  readonly replaced: string | null;
  readonly rollbacks: readonly string[];
  readonly alsoIn: readonly string[];
  /** To be published. */
  readonly changed: readonly string[];
}

/** Job `install` of `packaging:<id>`: INSTALLING → (committed) → published → INSTALLED (pipeline.md 6.3). */
export function createInstallJob(deps: InstallDeps): JobKind {
  return {
    leaseSeconds: 120,
    heartbeatSeconds: 30,
    concurrency: 2,
    maxAttempts: 0,
    backoffSeconds: (attempt) => Math.min(2 ** attempt, 600),
    async handle(context) {
      const id = subjectId(context.job.subject);
      const packaging = await findPackaging(deps.db.read, id);
      if (packaging?.state !== "INSTALLING") return;
      if (packaging.committed_at === null && !(await commit(deps, context, packaging))) return;
      const { repository, distribution } = packaging;
      const { changed = [] } = installedOf(await findPackaging(deps.db.read, id));
      for (const name of new Set([distribution, ...changed])) await deps.archive.publish(repository, name);
      await finish(deps, context, packaging);
    },
  };
}

/** Steps 1 and 2: pool and membership, in one transaction with `committed_at`. False: the packaging ended as FAILED (P7). */
async function commit(deps: InstallDeps, context: JobContext, packaging: Packaging): Promise<boolean> {
  try {
    const target = await resolveUploadTarget(deps.db.read, packaging.distribution);
    const prepared = await deps.archive.prepareRelease(await releaseInput(deps, packaging));
    const { source, version, component, repository } = packaging;
    await deps.db.write(async (tx) => {
      await context.fenced(tx);
      const places = await deps.findPlaces(repository, source, tx);
      await checkVersionIsNew(tx, places, { source, version, component, target }, packaging.bkey);
      const names = prepared.packages.filter(({ kind }) => kind !== "dsc").map(({ name }) => name);
      await checkPackagesAreOwn(deps.archive, { source, version, target }, names, tx);
      const { replaced, rollbacks, alsoIn, changed } = await deps.archive.installRelease(
        tx,
        prepared,
        packaging.distribution,
      );
      const installed: Installed = { replaced, rollbacks, alsoIn, changed };
      const change = { committed_at: isoNow(deps.clock), message: JSON.stringify(installed) };
      await noteCommitted(tx, packaging.id, change);
    });
    return true;
  } catch (error) {
    if (!(error instanceof MbdError) || error.status >= 500) throw error;
    await deps.db.write(async (tx) => {
      await context.fenced(tx);
      const reason = error.code === "version_lower" ? "superseded" : error.code;
      const { message, hint } = error;
      await deps.completion.fail(tx, packaging, reason, hint === undefined ? message : `${message} ${hint}`);
    });
    return false;
  }
}

/** Step 4 (P6). */
async function finish(deps: InstallDeps, context: JobContext, begun: Packaging): Promise<void> {
  const { id } = begun;
  const keys = { ...deps, db: deps.db.read, instanceKey: deps.instanceKey.publicKeyBinary() };
  const refusal = await portRightsOf(keys, begun, autoPortsOf(begun));
  await deps.db.write(async (tx) => {
    await context.fenced(tx);
    const packaging = await findPackaging(tx, id);
    if (packaging === undefined) return;
    const { alsoIn, changed: _published, ...rest } = installedOf(packaging);
    if (!(await movePackaging(tx, id, "P6", { message: null, ended_at: isoNow(deps.clock) }))) return;
    const message = rest.replaced ? `installed, replaces ${rest.replaced}` : "installed";
    const ports = await reserveAutoPorts(deps, tx, packaging, refusal);
    const data = { ...rest, also_in: alsoIn ?? [], ...(ports.length === 0 ? {} : { ports }) };
    const builds = await buildsOf(tx, id);
    await deps.events.record(tx, eventOf("INSTALLED", packaging, builds, message, data));
    await recordRefused(deps, tx, packaging, ports);
    await deps.completion.ended(tx, packaging, "INSTALLED", builtPackages(builds));
  });
}

/** What the commit left for the event; of one by an earlier version perhaps without some of it. */
function installedOf(packaging: Packaging | undefined): Partial<Installed> {
  return JSON.parse(packaging?.message ?? "{}") as Partial<Installed>;
}

/** Names of the binary packages that builds made: their files begin with them. */
function builtPackages(builds: readonly Build[]): string[] {
  const names = builtFiles(builds)
    .filter(({ name }) => /\.u?deb$/.test(name))
    .map(({ name }) => name.split("_", 1)[0] ?? "");
  return [...new Set(names)];
}

function builtFiles(builds: readonly Build[]): StoredFile[] {
  return builds.flatMap((build): readonly StoredFile[] =>
    build.state === "BUILT" && build.result !== null ? BuildResult.parse(JSON.parse(build.result)).files : [],
  );
}

/** Sources from the upload (or pool), binaries only from the builds of this packaging. */
async function releaseInput(deps: InstallDeps, packaging: Packaging): Promise<ReleaseInput> {
  const { dsc, files } = await sourceOf({ ...deps, findPoolFile: deps.archive.poolFile }, packaging);
  const built = builtFiles(await buildsOf(deps.db.read, packaging.id));
  const ending = (...suffixes: string[]) =>
    built.filter((file) => suffixes.some((suffix) => file.name.endsWith(suffix)));
  return {
    repository: packaging.repository,
    component: packaging.component,
    dsc,
    sourceFiles: files,
    debs: ending(".deb", ".udeb", ".ddeb"),
    buildinfos: ending(".buildinfo"),
    changes: ending(".changes"),
    bkey: packaging.bkey,
  };
}
