import type { Tx } from "#db";
import type { NewEvent } from "#events";
import type { NewJob } from "#jobs";
import { type Clock, isoNow, MbdError } from "#platform";
import { type ChangesList, completeness, describeIncomplete, type ReceivedFile } from "./completeness.ts";
import { insertUpload, insertUploadFiles } from "./incoming-store.ts";

/** Where uploads are announced; `#jobs` and `#events` have these. */
export interface UploadDeps {
  readonly clock: Clock;
  readonly jobs: { enqueue(tx: Tx, job: NewJob): Promise<void> };
  readonly events: { record(tx: Tx, event: NewEvent): Promise<number> };
}

export interface NewUpload {
  readonly origin: string;
  readonly from: string;
  readonly changes: ReceivedFile;
  /** The .changes itself and all it lists. */
  readonly files: readonly ReceivedFile[];
  readonly reservedBkey?: string | undefined;
  readonly priority?: number | undefined;
}

/** U1: the upload is there as a whole, and somebody is asked to verify it. */
export async function createReceived(tx: Tx, deps: UploadDeps, upload: NewUpload): Promise<number> {
  const id = await insert(tx, deps, upload);
  const priority = upload.priority === undefined ? {} : { priority: upload.priority };
  await deps.jobs.enqueue(tx, { kind: "verify_upload", subject: `upload:${id}`, ...priority });
  return id;
}

/** U2: it ended before it could be verified; the packager finds why among the events. */
export async function createRejected(
  tx: Tx,
  deps: UploadDeps,
  upload: NewUpload,
  error: MbdError,
): Promise<number> {
  const id = await insert(tx, deps, upload, error);
  await recordRejected(tx, deps, error, { origin: upload.origin, upload: id });
  return id;
}

export async function recordRejected(
  tx: Tx,
  deps: UploadDeps,
  error: MbdError,
  about: { readonly origin: string; readonly upload?: number; readonly from?: string },
): Promise<void> {
  const { code, message } = error;
  await deps.events.record(tx, {
    type: "REJECTED",
    message,
    ...(about.upload === undefined ? {} : { upload: about.upload }),
    data: {
      errors: [{ code, message }],
      origin: about.origin,
      ...(about.from === undefined ? {} : { from: about.from }),
    },
  });
}

/** What becomes of a .changes that waits for files. */
export type Verdict<F extends ReceivedFile> =
  | { readonly complete: true; readonly files: readonly F[] }
  | { readonly complete: false; readonly files: readonly F[]; readonly error: MbdError };

export function judge<F extends ReceivedFile>(
  changes: F,
  list: ChangesList,
  received: readonly F[],
): Verdict<F> {
  if (!list.readable) {
    const error = new MbdError("bad_changes", { changes: changes.name, reason: list.reason });
    return { complete: false, files: [changes], error };
  }
  const result = completeness(list.files, received);
  const files = [changes, ...result.matching.filter((file) => file.name !== changes.name)];
  if (result.complete) return { complete: true, files };
  const error = new MbdError("incomplete", { changes: changes.name, files: describeIncomplete(result) });
  return { complete: false, files, error };
}

async function insert(tx: Tx, deps: UploadDeps, upload: NewUpload, error?: MbdError): Promise<number> {
  const now = isoNow(deps.clock);
  const id = await insertUpload(tx, {
    origin: upload.origin,
    changes_name: upload.changes.name,
    changes_sha256: upload.changes.sha256,
    state: error === undefined ? "RECEIVED" : "REJECTED",
    reason: error?.code ?? null,
    errors: JSON.stringify(error === undefined ? [] : [{ code: error.code, message: error.message }]),
    reserved_bkey: upload.reservedBkey ?? null,
    received_from: upload.from,
    created_at: now,
    ended_at: error === undefined ? null : now,
  });
  await insertUploadFiles(
    tx,
    upload.files.map(({ name, size, sha256 }) => ({ upload_id: id, name, size, sha256 })),
  );
  return id;
}
