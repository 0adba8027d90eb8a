import type { Database } from "#db";
import { isoAfter, isoNow } from "#platform";
import type { Ledger } from "./incoming-ledger.ts";
import type { Session } from "./incoming-session.ts";
import type { Sessions } from "./incoming-sessions.ts";
import { settle } from "./incoming-settle.ts";
import { endSessionRow, openSessionRows } from "./incoming-store.ts";
import type { UploadDeps } from "./incoming-uploads.ts";
import type { IncomingLimits } from "./limits.ts";

export interface EndDeps extends UploadDeps {
  readonly db: Database;
  readonly limits: IncomingLimits;
  readonly sessions: Sessions;
  readonly ledger: Ledger;
}

/** Makes uploads of all pending .changes: complete ones RECEIVED, others REJECTED; the session takes no more files. */
export function endSession(deps: EndDeps, session: Session, onlyIdle = false): Promise<void> {
  if (!onlyIdle) session.left = true;
  return session.inOrder(async () => {
    if (session.ended || (onlyIdle && session.active > 0)) return;
    session.ended = true;
    try {
      if (session.stored) {
        await deps.ledger.loadLists(session);
        await deps.db.write(async (tx) => {
          await settle(tx, deps, session, () => true, session.lists);
          await endSessionRow(tx, session.id, isoNow(deps.clock));
        });
      }
      deps.sessions.close(session);
    } catch (error) {
      session.ended = false;
      throw error;
    }
  });
}

/**
 * Ends HTTP sessions that have been quiet, and gives up .changes whose files did not come (2.2); ends FTP sessions whose
 * end failed when their connection went. One that cannot be looked after holds up no others.
 */
export async function sweepSessions(deps: EndDeps): Promise<void> {
  const before = isoAfter(deps.clock, -deps.limits.httpSessionSeconds);
  const open = await openSessionRows(deps.db.read);
  const rows = new Map(open.map((row) => [row.id, row.last_file_at]));
  const known = new Set(deps.sessions.all().map((session) => session.id));
  for (const row of open) if (!known.has(row.id)) deps.sessions.restore(row);
  const failed: unknown[] = [];
  for (const session of deps.sessions.all()) {
    const lastFileAt = rows.get(session.id) ?? session.startedAt;
    await look(deps, session, lastFileAt, before).catch((error: unknown) => failed.push(error));
  }
  if (failed.length > 0) throw failed[0];
}

async function look(deps: EndDeps, session: Session, lastFileAt: string, before: string): Promise<void> {
  if (session.left) await endSession(deps, session);
  else if (session.origin === "ftp") return;
  else if (lastFileAt < before) await endSession(deps, session, true);
  else await giveUpOld(deps, session, before);
}

/** Takes up what an earlier process left: FTP sessions lost their connection and end, HTTP ones go on. */
export async function restoreSessions(deps: EndDeps): Promise<void> {
  for (const row of await openSessionRows(deps.db.read)) {
    const session = deps.sessions.restore(row);
    await deps.ledger.refresh(session);
    if (session.origin === "ftp") await endSession(deps, session);
  }
}

function giveUpOld(deps: EndDeps, session: Session, before: string): Promise<void> {
  return session.inOrder(async () => {
    if (session.ended || session.active > 0 || session.pendingChanges === 0) return;
    await deps.ledger.loadLists(session);
    await deps.db.write((tx) =>
      settle(tx, deps, session, (file) => file.received_at < before, session.lists),
    );
    await deps.ledger.refresh(session);
  });
}
