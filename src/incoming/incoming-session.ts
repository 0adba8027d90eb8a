import type { ChangesList } from "./completeness.ts";

export type UploadOrigin = "ftp" | "http" | "cli";

export interface NewSession {
  readonly origin: UploadOrigin;
  /** What files of one HTTP session have in common; unique per connection for FTP. */
  readonly key: string;
  /** Address of the client. */
  readonly client: string;
}

/** A sender's files. Its rows are the truth; this counts what is on its way and caches what .changes say. */
export interface Session extends NewSession {
  readonly id: string;
  readonly startedAt: string;
  /** The row is written with the first file. */
  stored: boolean;
  ended: boolean;
  /** Nobody sends any more: it is to be ended, if need be by a later try. */
  left: boolean;
  /** Files being received now. */
  active: number;
  /** Files and bytes that no upload has taken yet, those being received included. */
  files: number;
  bytes: number;
  pendingChanges: number;
  /** Lists of pending .changes by id of their row. */
  readonly lists: Map<number, ChangesList>;
  /** Refused names that were already told of. */
  readonly refused: Set<string>;
  /** Runs one thing of this session after the other. */
  inOrder<T>(work: () => Promise<T>): Promise<T>;
}

export function createSession(id: string, session: NewSession, startedAt: string): Session {
  let last: Promise<unknown> = Promise.resolve();
  return {
    id,
    origin: session.origin,
    key: session.key,
    client: session.client,
    startedAt,
    stored: false,
    ended: false,
    left: false,
    active: 0,
    files: 0,
    bytes: 0,
    pendingChanges: 0,
    lists: new Map(),
    refused: new Set(),
    inOrder(work) {
      const next = last.then(work, work);
      last = next.catch(() => undefined);
      return next;
    },
  };
}

/** Whether a session holds anything for its sender: FTP its connection, HTTP a file that waits or comes. */
export function isBusy(session: Session): boolean {
  return session.origin === "ftp" || session.active > 0 || session.files > 0;
}
