import { open } from "node:fs/promises";
import type { Database } from "#db";
import type { BlobStore } from "#platform";
import { type ChangesList, readChangesList } from "./completeness.ts";
import type { Session } from "./incoming-session.ts";
import { isPending } from "./incoming-settle.ts";
import { sessionFiles } from "./incoming-store.ts";
import type { IncomingLimits } from "./limits.ts";

/** What a session caches of its rows and files. */
export interface Ledger {
  readList(file: { readonly name: string; readonly sha256: string }): Promise<ChangesList>;
  /** Reads the lists of all pending .changes; inside a transaction no file may be read. */
  loadLists(session: Session): Promise<void>;
  /** Brings what the session counts in line with its rows. */
  refresh(session: Session): Promise<void>;
}

export function createLedger(deps: { db: Database; blobs: BlobStore; limits: IncomingLimits }): Ledger {
  const { db, blobs, limits } = deps;
  /** How much of `session.bytes` is in rows; the rest is on its way. */
  const committedBytes = new WeakMap<Session, number>();

  const readList: Ledger["readList"] = async (file) => {
    const text = await readStart(blobs.path(file.sha256), limits.changesBytes + 1);
    return text.length > limits.changesBytes
      ? { readable: false, reason: `it is larger than ${limits.changesBytes} bytes` }
      : readChangesList(text, file.name, limits.sessionFiles);
  };

  return {
    readList,
    async loadLists(session) {
      for (const file of (await sessionFiles(db.read, session.id)).filter(isPending)) {
        if (!session.lists.has(file.id)) session.lists.set(file.id, await readList(file));
      }
    },
    async refresh(session) {
      const all = await sessionFiles(db.read, session.id);
      const files = all.filter((file) => file.upload_id === null);
      const pending = new Set(files.filter(isPending).map((file) => file.id));
      const bytes = files.reduce((sum, file) => sum + file.size, 0);
      session.bytes += bytes - (committedBytes.get(session) ?? 0);
      committedBytes.set(session, bytes);
      session.files = files.length;
      session.pendingChanges = pending.size;
      for (const id of session.lists.keys()) if (!pending.has(id)) session.lists.delete(id);
    },
  };
}

/** At most `bytes` of a file, as Latin-1: only its ASCII parts matter, and no byte gets lost. */
async function readStart(path: string, bytes: number): Promise<string> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
