import { copyKept } from "#builds";
import { type Database, nextNumber, type Tx } from "#db";
import { type Changes, parseBkey, type UploadOption } from "#deb";
import type { Actor, Events } from "#events";
import type { JobQueue } from "#jobs";
import type { Verifier } from "#keys";
import { type BlobStore, type Clock, type Home, isoNow, MbdError } from "#platform";
import { resolveUploadTarget } from "#repositories";
import { freeBkey } from "./bkey.ts";
import { eventOf } from "./completion.ts";
import {
  type Build,
  bkeyTaken,
  buildsOf,
  findPackagingByBkey,
  insertPackaging,
  type Packaging,
} from "./packaging-store.ts";
import { planBuilds } from "./plan-builds.ts";
import type { FindPoolFile } from "./source-files.ts";
import { buildsToKeep } from "./taken-over.ts";
import { filesOfUpload, findUpload, type Upload } from "./upload-store.ts";
import { Rejection, readChanges } from "./verify-payload.ts";
import { type Accepted, checkRules } from "./verify-rules.ts";
import { checkVersionIsNew, type FindPlaces } from "./version-rules.ts";

export interface RetryDeps {
  readonly db: Database;
  readonly home: Pick<Home, "builds">;
  readonly blobs: BlobStore;
  readonly verifier: Pick<Verifier, "verifyClearsigned">;
  readonly events: Events;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly findPlaces: FindPlaces;
  readonly findPoolFile: FindPoolFile;
}

export interface RetryAnswer {
  /** Name of the .changes that is tried again. */
  readonly changes: string;
  /** The new one. */
  readonly bkey: string;
  readonly packaging: number;
}

/**
 * Call `retry` (pipeline.md 7.6): a new packaging of the same upload, which has to pass the rules of today. Builds that
 * were BUILT are taken over with their results and logs, unless `rebuildAll`, or another build would be made today.
 * @throws MbdError not_found, unfinished, finished, expired, in_progress, and those of an upload
 */
export async function retry(
  deps: RetryDeps,
  bkey: string,
  rebuildAll: boolean,
  actor: Actor,
): Promise<RetryAnswer> {
  const { old, upload, candidate, kept } = await checkRetry(deps, bkey, rebuildAll);
  const newBkey = await freeBkey(deps.db.read, deps.clock, old.source, old.version);
  // Before the rows that tell of them.
  for (const build of kept) await copyKept(deps.home, build.bkey, `${newBkey} ${build.arch}`);
  return await deps.db.write(async (tx) => {
    // First: what others accept at the same time is seen behind it.
    const accepted_no = await nextNumber(tx, "accepted");
    checkHasFiles(await findUpload(tx, upload.id), old);
    await checkVersionIsNew(tx, await deps.findPlaces(old.repository, old.source, tx), candidate);
    if (await bkeyTaken(tx, newBkey)) {
      throw new MbdError("in_progress", { source: old.source, version: old.version, bkey: newBkey });
    }
    const packaging = await copyPackaging(deps, tx, old, { bkey: newBkey, accepted_no });
    await takeOverBuilds(tx, kept, packaging, newBkey);
    const { priority } = old;
    await deps.queue.enqueue(tx, { kind: "prepare", subject: `packaging:${packaging}`, priority });
    const data = { old: old.bkey, new: newBkey };
    await deps.events.record(tx, {
      ...eventOf("RETRIED", old, [], `tried again as ${newBkey}`, data),
      actor,
    });
    return { changes: upload.changes_name, bkey: newBkey, packaging };
  });
}

/** What `retry` would do, in sentences, by the same checks. @throws MbdError as `retry` */
export async function planRetry(deps: RetryDeps, bkey: string, rebuildAll: boolean): Promise<string[]> {
  const { old, planned, kept } = await checkRetry(deps, bkey, rebuildAll);
  const taken = kept.map(({ arch }) => arch);
  const again = planned.flatMap(({ row: { arch, state } }) =>
    state === "QUEUED" && !taken.includes(arch) ? [arch] : [],
  );
  const list = (archs: readonly string[]): string => (archs.length === 0 ? "none" : archs.join(", "));
  return [
    `Try the upload of ${old.source} ${old.version} for ${old.distribution} again as a new packaging.`,
    `Builds that run again: ${list(again)}.`,
    `Builds that are taken over as they were: ${list(taken)}.`,
  ];
}

/** All that must be so before rows are written, and what would become of the builds. */
async function checkRetry(deps: RetryDeps, bkey: string, rebuildAll: boolean) {
  const old = await findRetryable(deps, bkey);
  const upload = await findUpload(deps.db.read, old.upload_id);
  if (upload === undefined) throw new MbdError("not_found", { what: `The upload of ${bkey}` });
  checkHasFiles(upload, old);
  const { candidate, dsc } = await verifyAgain(deps, old, upload);
  const options = JSON.parse(old.options) as UploadOption[];
  const planned = planBuilds(dsc, candidate.target, options);
  const kept = rebuildAll ? [] : buildsToKeep(await builtOf(deps, old), planned);
  return { old, upload, candidate, planned, kept };
}

/** Retention lets files go that no packaging which is open needs; from here on this one is. */
function checkHasFiles(upload: Upload | undefined, { bkey }: Packaging): void {
  if (upload?.expired_at !== null) throw new MbdError("expired", { bkey });
}

async function findRetryable(deps: RetryDeps, bkey: string): Promise<Packaging> {
  const parsed = parseBkey(bkey);
  const packagingBkey =
    parsed?.architecture === undefined ? bkey : bkey.slice(0, -parsed.architecture.length - 1);
  const old = await findPackagingByBkey(deps.db.read, packagingBkey);
  if (old === undefined) throw new MbdError("not_found", { what: `A packaging with bkey '${bkey}'` });
  if (old.ended_at === null) throw new MbdError("unfinished", { bkey: old.bkey });
  const onlyFailed = parsed?.architecture !== undefined && old.state !== "FAILED";
  if (onlyFailed) throw new MbdError("finished", { bkey, state: old.state });
  return old;
}

/** Steps 5 and 7 to 12 of pipeline.md 2.4, for the distribution that a meta distribution stood for then. */
async function verifyAgain(deps: RetryDeps, old: Packaging, upload: Upload): Promise<Accepted> {
  const files = await filesOfUpload(deps.db.read, upload.id);
  for (const sha256 of [upload.changes_sha256, ...files.map((file) => file.sha256)]) {
    if (!(await deps.blobs.has(sha256))) throw new MbdError("expired", { bkey: old.bkey });
  }
  const changes = await storedChanges(deps, upload);
  const target = await resolveUploadTarget(deps.db.read, old.distribution);
  try {
    return await checkRules(deps, {
      ...{ changes, changesName: upload.changes_name, files, target },
      signed: upload.signer !== null,
    });
  } catch (error) {
    const [first] = error instanceof Rejection ? error.errors : [];
    throw first ?? error;
  }
}

/** The text whose signature was checked when the upload came; who may sign today does not matter. */
async function storedChanges(deps: RetryDeps, upload: Upload): Promise<Changes> {
  const name = upload.changes_name;
  const { payload } = await deps.verifier.verifyClearsigned(deps.blobs.path(upload.changes_sha256), []);
  if (payload === undefined) {
    throw new MbdError("bad_changes", { changes: name, reason: "its signed text cannot be read" });
  }
  return readChanges(payload, name);
}

async function copyPackaging(
  deps: RetryDeps,
  tx: Tx,
  old: Packaging,
  change: Pick<Packaging, "bkey" | "accepted_no">,
): Promise<number> {
  const { id: _id, ...columns } = old;
  return await insertPackaging(tx, {
    ...columns,
    ...change,
    state: "QUEUED",
    reason: null,
    message: null,
    committed_at: null,
    retry_of: old.bkey,
    created_at: isoNow(deps.clock),
    ended_at: null,
    pinned: 0,
    release_gone_at: null,
    expired_at: null,
  });
}

async function builtOf(deps: RetryDeps, old: Packaging): Promise<Build[]> {
  return (await buildsOf(deps.db.read, old.id)).filter(
    (build) => build.state === "BUILT" && build.files_expired_at === null,
  );
}

async function takeOverBuilds(tx: Tx, kept: readonly Build[], to: number, bkey: string): Promise<void> {
  for (const { id: _id, ...build } of kept) {
    await tx
      .insertInto("build")
      .values({ ...build, packaging_id: to, bkey: `${bkey} ${build.arch}` })
      .execute();
  }
}
