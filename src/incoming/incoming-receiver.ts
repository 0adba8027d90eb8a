import type { Readable } from "node:stream";
import type { Database } from "#db";
import { isChangesFileName, isFileName, quote } from "#deb";
import { type Blob, MbdError } from "#platform";
import type { ChangesList } from "./completeness.ts";
import type { Ledger } from "./incoming-ledger.ts";
import { checkDisk, type ReceiveDeps, receiveBlob } from "./incoming-receive.ts";
import { isBusy, type Session } from "./incoming-session.ts";
import type { Sessions } from "./incoming-sessions.ts";
import { addFile, type FileOutcome, type Settled, settle } from "./incoming-settle.ts";
import type { FileRow } from "./incoming-store.ts";
import type { UploadDeps } from "./incoming-uploads.ts";

export interface ReceiveOptions {
  /** Announced length, to refuse early. */
  readonly lengthBytes?: number | undefined;
  /** Asked when all bytes are there: whether the sender still is. What nobody waits for does not count. */
  readonly isWanted?: () => boolean;
}

export interface Received {
  /** False when this session had this content under this name already. */
  readonly created: boolean;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** The upload that this file completed, or that was rejected because of it. */
  readonly upload?: number;
  /** Why the .changes just received is no upload. */
  readonly rejected?: MbdError;
}

export type Receive = (
  session: Session,
  name: string,
  stream: Readable,
  options: ReceiveOptions,
) => Promise<Received>;

export interface ReceiverDeps extends UploadDeps, ReceiveDeps {
  readonly db: Database;
  readonly sessions: Sessions;
  readonly ledger: Ledger;
  isRunning(): boolean;
}

export function createReceiver(deps: ReceiverDeps): Receive {
  return async (session, name, stream, options) => {
    // It may break while the quotas are looked up and nobody reads it yet; who reads it then still meets the error.
    stream.on("error", () => undefined);
    if (!isBusy(session)) deps.sessions.admit(session);
    session.active += 1;
    try {
      const maxBytes = await admitFile(deps, session, name, options.lengthBytes ?? 0);
      const isWanted = options.isWanted ?? (() => true);
      return await receiveBlob(deps, session, { name, maxBytes, stream }, (blob) =>
        commit(deps, session, name, blob, isWanted),
      );
    } finally {
      session.active -= 1;
    }
  };
}

/** Everything that can be refused before a byte is read; answers how long the file may be. */
export async function admitFile(
  deps: Pick<ReceiverDeps, "limits" | "isRunning" | "freeBytes" | "quota">,
  session: Session,
  name: string,
  lengthBytes: number,
): Promise<number> {
  const { limits } = deps;
  if (!deps.isRunning()) throw new MbdError("engine_stopped");
  if (!isFileName(name)) throw new MbdError("bad_file_name", { name: quote(name).slice(1, -1) });
  if (session.files + Math.max(session.active, 1) > limits.sessionFiles) {
    throw new MbdError("too_many_files", { count: session.files });
  }
  const isChanges = name.endsWith(".changes");
  if (isChanges && !isChangesFileName(name)) throw new MbdError("bad_file_name", { name });
  if (isChanges && session.pendingChanges >= limits.pendingChanges) {
    const what = ".changes files of this session that wait for other files";
    throw new MbdError("too_many", { what, seconds: limits.httpSessionSeconds });
  }
  const maxBytes = isChanges ? Math.min(limits.changesBytes, limits.fileBytes) : limits.fileBytes;
  if (lengthBytes > maxBytes) throw new MbdError("too_large", { what: name, limit: maxBytes });
  if (session.bytes + lengthBytes > limits.sessionBytes) {
    throw new MbdError("session_full", { bytes: session.bytes, limit: limits.sessionBytes });
  }
  await deps.quota.check(session.client, { files: 1, bytes: lengthBytes });
  await checkDisk(deps);
  return maxBytes;
}

function commit(
  deps: ReceiverDeps,
  session: Session,
  name: string,
  blob: Blob,
  isWanted: () => boolean,
): Promise<Received> {
  return session.inOrder(async () => {
    if (session.ended || !isWanted()) {
      const reason = "the connection ended before the file was answered";
      throw new MbdError("transfer_broken", { name, reason });
    }
    const isChanges = isChangesFileName(name);
    const ownList = isChanges ? await deps.ledger.readList({ name, sha256: blob.sha256 }) : undefined;
    await deps.ledger.loadLists(session);
    const { file, settled } = await deps.db.write(async (tx) => {
      const row = await addFile(tx, deps, session, name, blob);
      const lists = ownList === undefined ? session.lists : new Map(session.lists).set(row.id, ownList);
      // FTP clients may mend a broken .changes until they quit; HTTP ones wait for the answer.
      const giveUp = (_: FileRow, list: ChangesList) => session.origin !== "ftp" && !list.readable;
      return { file: row, settled: await settle(tx, deps, session, giveUp, lists) };
    });
    session.stored = true;
    if (ownList !== undefined) session.lists.set(file.id, ownList);
    await deps.ledger.refresh(session);
    return { ...outcome(file, settled), sha256: blob.sha256, sizeBytes: blob.sizeBytes };
  });
}

function outcome(file: FileOutcome, settled: readonly Settled[]): Omit<Received, "sha256" | "sizeBytes"> {
  const own = settled.find((one) => one.changesFile === file.id);
  const upload = own?.upload ?? settled.at(-1)?.upload ?? file.upload;
  return {
    created: file.created,
    ...(upload === undefined ? {} : { upload }),
    ...(own?.error === undefined ? {} : { rejected: own.error }),
  };
}
