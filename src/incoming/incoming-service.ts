import type { Readable } from "node:stream";
import type { Database } from "#db";
import { type BlobStore, type Log, MbdError, makePrivateDir } from "#platform";
import { createBlobGate } from "./blob-gate.ts";
import { type CleanupPlan, type CleanupReport, cleanUp, planCleanup } from "./incoming-cleanup.ts";
import { endSession, restoreSessions, sweepSessions } from "./incoming-end.ts";
import { createLedger } from "./incoming-ledger.ts";
import { createQuota } from "./incoming-quota.ts";
import { freeBytesAt } from "./incoming-receive.ts";
import { admitFile, createReceiver, type Received, type ReceiveOptions } from "./incoming-receiver.ts";
import { createRefusals } from "./incoming-refusals.ts";
import type { NewSession, Session } from "./incoming-session.ts";
import { createSessions } from "./incoming-sessions.ts";
import { type FileRow, sessionFiles } from "./incoming-store.ts";
import { createSubmitInternal, type SubmitInternal } from "./incoming-submit.ts";
import { recordRejected, type UploadDeps } from "./incoming-uploads.ts";
import { DEFAULT_LIMITS, type IncomingLimits } from "./limits.ts";

const SWEEP_MS = 60_000;

export interface IncomingDeps extends UploadDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  /** `home.incoming`. */
  readonly dir: string;
  /** `home.store`, the directory of `blobs`. */
  readonly storeDir: string;
  readonly log: Log;
  /** The engine switch: while it is off, nothing is taken. */
  isRunning(): boolean;
  readonly limits?: Partial<IncomingLimits>;
  /** Default: what the file system of `storeDir` says. */
  readonly freeBytes?: () => Promise<number>;
}

export interface Incoming {
  readonly limits: IncomingLimits;
  isRunning(): boolean;
  /** Ends the FTP sessions of an earlier process as 2.2 says, takes up its HTTP sessions, starts the time-outs. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** For HTTP the open session of that key, if there is one. @throws MbdError `engine_stopped`, `too_many_sessions`. */
  openSession(session: NewSession): Promise<Session>;
  /** Refuses what `receive` would refuse before reading a byte. */
  checkFile(session: Session, name: string, lengthBytes?: number): Promise<void>;
  /**
   * Takes a file: hashed while it is written, its row committed last, nothing ever overwritten; the upload it
   * completes is made in the same transaction. @throws MbdError `bad_file_name`, `too_large`, `session_full`,
   * `incoming_full`, `incoming_too_many`, `too_many_files`, `too_many`, `too_many_sessions`, `disk_full`, `engine_stopped`, `transfer_broken`.
   */
  receive(session: Session, name: string, stream: Readable, options?: ReceiveOptions): Promise<Received>;
  /** Tells of a file that was refused before `receive` was called, if that is worth an event. */
  noteRefusal(session: Session, name: string, error: unknown): Promise<void>;
  /** Committed files of a session, oldest first. */
  files(session: Session): Promise<readonly FileRow[]>;
  /** The open session of an HTTP client; makes none. */
  findSession(session: NewSession): Session | undefined;
  /** Makes uploads of all pending .changes: complete ones RECEIVED, others REJECTED. */
  endSession(session: Session): Promise<void>;
  /** Ends HTTP sessions that have been quiet, and gives up .changes whose files did not come. */
  sweep(): Promise<void>;
  readonly submitInternal: SubmitInternal;
  /** What `cleanUp` would remove. */
  planCleanup(): Promise<CleanupPlan>;
  /** Removes unused and rejected files by own rows and age (pipeline.md 4, 11). */
  cleanUp(signal?: AbortSignal): Promise<CleanupReport>;
}

export function createIncoming(deps: IncomingDeps): Incoming {
  const { db, log } = deps;
  const limits: IncomingLimits = { ...DEFAULT_LIMITS, ...deps.limits };
  const gate = createBlobGate();
  const sessions = createSessions(deps.clock, limits);
  const ledger = createLedger({ ...deps, limits });
  const quota = createQuota({ db, clock: deps.clock, limits });
  const refusals = createRefusals(deps.clock);
  const freeBytes = deps.freeBytes ?? (() => freeBytesAt(deps.storeDir));
  const all = { ...deps, limits, gate, sessions, ledger, quota, freeBytes };
  const receive = createReceiver(all);
  let timer: NodeJS.Timeout | undefined;

  const noteRefusal = async (session: Session, name: string, error: unknown): Promise<void> => {
    if (!(error instanceof MbdError) || !refusals.isNews(session, name, error)) return;
    const about = { origin: session.origin, from: session.client };
    await db.write((tx) => recordRejected(tx, deps, error, about));
  };

  return {
    limits,
    isRunning: () => deps.isRunning(),
    async start() {
      await makePrivateDir(deps.dir);
      await restoreSessions(all);
      await sweepSessions(all);
      timer = setInterval(() => {
        sweepSessions(all).catch((error: unknown) => {
          log.error({ err: error }, "looking after upload sessions failed");
        });
      }, SWEEP_MS);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      for (const session of sessions.all()) await session.inOrder(async () => undefined);
    },
    async openSession(wanted) {
      if (!deps.isRunning()) throw new MbdError("engine_stopped");
      return sessions.open(wanted);
    },
    async checkFile(session, name, lengthBytes = 0) {
      await admitFile(all, session, name, lengthBytes);
    },
    async receive(session, name, stream, options = {}) {
      const open = session.ended && session.origin !== "ftp" ? sessions.open(session) : session;
      try {
        return await receive(open, name, stream, options);
      } catch (error) {
        await noteRefusal(open, name, error);
        throw error;
      }
    },
    noteRefusal,
    findSession: (wanted) => sessions.find(wanted),
    files: (session) => sessionFiles(db.read, session.id),
    endSession: (session) => endSession(all, session),
    sweep: () => sweepSessions(all),
    submitInternal: createSubmitInternal(deps),
    planCleanup: () => planCleanup(all),
    async cleanUp(signal) {
      const report = await cleanUp(all, signal);
      log.info(report, "incoming cleaned up");
      return report;
    },
  };
}
