import type { Tx } from "#db";
import { isChangesFileName } from "#deb";
import { type Blob, isoNow, MbdError } from "#platform";
import type { ChangesList } from "./completeness.ts";
import type { Session } from "./incoming-session.ts";
import {
  type FileRow,
  insertFile,
  insertSession,
  sessionFiles,
  takeFiles,
  touchSession,
  uploadState,
} from "./incoming-store.ts";
import { createReceived, createRejected, judge, type UploadDeps } from "./incoming-uploads.ts";

/** A .changes that became an upload. */
export interface Settled {
  readonly changesFile: number;
  readonly upload: number;
  /** Why it was rejected; absent for a complete one. */
  readonly error?: MbdError;
}

/** Whether a .changes waits for files. */
export function isPending(file: FileRow): boolean {
  return file.upload_id === null && isChangesFileName(file.name);
}

/**
 * Makes uploads of the pending .changes of a session: of complete ones RECEIVED ones, of those that `giveUp` names
 * REJECTED ones. `lists` holds what each pending .changes lists.
 */
export async function settle(
  tx: Tx,
  deps: UploadDeps,
  session: Session,
  giveUp: (changes: FileRow, list: ChangesList) => boolean,
  lists: ReadonlyMap<number, ChangesList>,
): Promise<Settled[]> {
  const files = await sessionFiles(tx, session.id);
  const settled: Settled[] = [];
  for (const changes of files.filter(isPending)) {
    const list = lists.get(changes.id);
    if (list === undefined) continue;
    const verdict = judge(changes, list, files);
    if (!verdict.complete && !giveUp(changes, list)) continue;
    const upload = { origin: session.origin, from: session.client, changes, files: verdict.files };
    const id = verdict.complete
      ? await createReceived(tx, deps, upload)
      : await createRejected(tx, deps, upload, verdict.error);
    await takeFiles(
      tx,
      id,
      verdict.files.map((file) => file.id),
    );
    settled.push({
      changesFile: changes.id,
      upload: id,
      ...(verdict.complete ? {} : { error: verdict.error }),
    });
  }
  return settled;
}

/** The row of a received file, and whether that content came before. */
export interface FileOutcome {
  readonly id: number;
  readonly created: boolean;
  /** The unfinished upload that a .changes sent again belongs to. */
  readonly upload?: number;
}

/**
 * Writes down a received file. The same name with other content is a further file; the same content again is none,
 * unless it is a .changes whose upload has ended: sending that again means a new try (pipeline.md 2.5).
 */
export async function addFile(
  tx: Tx,
  deps: UploadDeps,
  session: Session,
  name: string,
  blob: Blob,
): Promise<FileOutcome> {
  const now = isoNow(deps.clock);
  await keepOpen(tx, session, now);
  const files = await sessionFiles(tx, session.id);
  const same = files.findLast((file) => file.name === name && file.sha256 === blob.sha256);
  if (same !== undefined && !(await isNewTry(tx, same))) {
    const upload = isChangesFileName(name) ? same.upload_id : null;
    return { id: same.id, created: false, ...(upload === null ? {} : { upload }) };
  }
  const row = { name, size: blob.sizeBytes, sha256: blob.sha256, received_at: now };
  const id = await insertFile(tx, { ...row, session_id: session.id });
  return { id, created: same === undefined };
}

async function keepOpen(tx: Tx, session: Session, now: string): Promise<void> {
  if (!session.stored) {
    await insertSession(tx, {
      id: session.id,
      origin: session.origin,
      session_key: session.key,
      client: session.client,
      started_at: session.startedAt,
      last_file_at: now,
      ended_at: null,
    });
  } else if (!(await touchSession(tx, session.id, now))) {
    throw new MbdError("transfer_broken", { name: "The file", reason: "its upload session has ended" });
  }
}

async function isNewTry(tx: Tx, file: FileRow): Promise<boolean> {
  if (!isChangesFileName(file.name) || file.upload_id === null) return false;
  const state = await uploadState(tx, file.upload_id);
  return state !== "RECEIVED" && state !== "VERIFYING";
}
