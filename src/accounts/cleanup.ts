import { isoAfter } from "#platform";
import type { PartDeps } from "./deps.ts";
import { deleteEndedLinks } from "./link-store.ts";
import { deleteEndedSessions } from "./session-store.ts";
import { deleteUser, listForgottenRegistrations } from "./user-store.ts";

const DAY = 24 * 3600;
/** Ended sessions and links stay so long, for those who look what happened. */
const KEEP_SECONDS = 30 * DAY;
/** A registration that nobody activated gives its name free. */
const FORGET_SECONDS = 14 * DAY;

export interface CleanedUp {
  readonly sessions: number;
  readonly links: number;
  readonly registrations: number;
}

/** Deletes what ended: sessions, links, and registrations that nobody activated. Records stay. */
export async function cleanUp({ db, clock, audit }: PartDeps): Promise<CleanedUp> {
  const ended = isoAfter(clock, -KEEP_SECONDS);
  return await db.write(async (tx) => {
    const forgotten = await listForgottenRegistrations(tx, isoAfter(clock, -FORGET_SECONDS));
    for (const { id, name } of forgotten) {
      await deleteUser(tx, id);
      await audit.done(tx, { kind: "system", name: "cleanup", client: "" }, "user.forget", { user: name });
    }
    return {
      sessions: await deleteEndedSessions(tx, ended),
      links: await deleteEndedLinks(tx, ended),
      registrations: forgotten.length,
    };
  });
}
