import { deleteAuditBefore } from "./audit-store.ts";
import type { PartDeps } from "./deps.ts";
import { deleteClientsBefore } from "./known-client-store.ts";
import { deleteEndedLinks } from "./link-store.ts";
import { keptSince } from "./retention.ts";
import { deleteEndedSessions } from "./session-store.ts";
import { deleteUser, listForgottenRegistrations } from "./user-store.ts";

/** Records deleted in one transaction: others wait for no more of them. */
const AUDIT_BATCH = 5000;

export interface CleanedUp {
  readonly sessions: number;
  readonly links: number;
  readonly registrations: number;
  readonly records: number;
}

/** Deletes what ended: sessions, links, registrations that nobody activated, and records of long ago. */
export async function cleanUp({ db, clock, audit }: PartDeps): Promise<CleanedUp> {
  const since = keptSince(clock.now());
  const cleaned = await db.write(async (tx) => {
    const forgotten = await listForgottenRegistrations(tx, since.registration);
    for (const { id, name } of forgotten) {
      await deleteUser(tx, id);
      await audit.done(tx, { kind: "system", name: "cleanup", client: "" }, "user.forget", { user: name });
    }
    await deleteClientsBefore(tx, since.knownClient);
    return {
      sessions: await deleteEndedSessions(tx, since.ended),
      links: await deleteEndedLinks(tx, since.ended),
      registrations: forgotten.length,
    };
  });
  let records = 0;
  for (let deleted = AUDIT_BATCH; deleted === AUDIT_BATCH; records += deleted)
    deleted = await db.write((tx) => deleteAuditBefore(tx, since.audit, AUDIT_BATCH));
  return { ...cleaned, records };
}
