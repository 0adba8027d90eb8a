import { type Database, nextNumber, type Tx } from "#db";
import { parseBkey } from "#deb";
import type { Actor, Events } from "#events";
import type { JobQueue } from "#jobs";
import { type BlobStore, type Clock, isoNow, MbdError } from "#platform";
import { resolveUploadTarget } from "#repositories";
import { freeBkey } from "./bkey.ts";
import { eventOf } from "./completion.ts";
import { buildsOf, findPackagingByBkey, insertPackaging, type Packaging } from "./packaging-store.ts";
import { filesOfUpload, findUpload } from "./upload-store.ts";
import { checkVersionIsNew, type FindPlaces } from "./version-rules.ts";

export interface RetryDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly events: Events;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly findPlaces: FindPlaces;
}

export interface RetryAnswer {
  /** Name of the .changes that is tried again. */
  readonly changes: string;
  /** The new one. */
  readonly bkey: string;
  readonly packaging: number;
}

/**
 * Call `retry` (pipeline.md 7.6): a new packaging of the same upload. Builds that were BUILT are taken over with their
 * results, unless `rebuildAll`.
 */
export async function retry(
  deps: RetryDeps,
  bkey: string,
  rebuildAll: boolean,
  actor: Actor,
): Promise<RetryAnswer> {
  const old = await findRetryable(deps, bkey);
  const upload = await findUpload(deps.db.read, old.upload_id);
  if (upload === undefined) throw new MbdError("not_found", { what: `The upload of ${bkey}` });
  for (const file of await filesOfUpload(deps.db.read, upload.id)) {
    if (!(await deps.blobs.has(file.sha256))) throw new MbdError("expired", { bkey });
  }
  const target = await resolveUploadTarget(deps.db.read, old.distribution);
  return await deps.db.write(async (tx) => {
    const places = await deps.findPlaces(old.repository, old.source, tx);
    await checkVersionIsNew(tx, places, {
      source: old.source,
      version: old.version,
      component: old.component,
      target,
    });
    const newBkey = await freeBkey(tx, deps.clock, old.source, old.version);
    const packaging = await copyPackaging(deps, tx, old, newBkey);
    if (!rebuildAll) await takeOverBuilds(tx, old.id, packaging, newBkey);
    await deps.queue.enqueue(tx, { kind: "prepare", subject: `packaging:${packaging}` });
    const data = { old: old.bkey, new: newBkey };
    await deps.events.record(tx, {
      ...eventOf("RETRIED", old, [], `tried again as ${newBkey}`, data),
      actor,
    });
    return { changes: upload.changes_name, bkey: newBkey, packaging };
  });
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

async function copyPackaging(deps: RetryDeps, tx: Tx, old: Packaging, bkey: string): Promise<number> {
  const { id: _id, ...columns } = old;
  return await insertPackaging(tx, {
    ...columns,
    bkey,
    state: "QUEUED",
    reason: null,
    message: null,
    committed_at: null,
    accepted_no: await nextNumber(tx, "accepted"),
    retry_of: old.bkey,
    created_at: isoNow(deps.clock),
    ended_at: null,
  });
}

async function takeOverBuilds(tx: Tx, from: number, to: number, bkey: string): Promise<void> {
  for (const { id: _id, ...build } of await buildsOf(tx, from)) {
    if (build.state !== "BUILT") continue;
    await tx
      .insertInto("build")
      .values({ ...build, packaging_id: to, bkey: `${bkey} ${build.arch}` })
      .execute();
  }
}
