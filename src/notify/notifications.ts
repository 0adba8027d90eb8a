import type { Tx } from "#db";
import type { EventView } from "#events";
import type { Mail, NewMail } from "#mail";
import type { Log } from "#platform";
import { type HookJobDeps, queueDeliveries } from "./hook-job.ts";
import { type EventFacts, factsOf } from "./mail-facts.ts";
import { mailOf } from "./mail-text.ts";
import { isMailedType, recipientsOf } from "./recipients.ts";

export interface NotificationDeps extends Pick<HookJobDeps, "queue" | "clock"> {
  /** Without it mail does not work here, and none is written. */
  readonly putMail?: Mail["put"] | undefined;
  readonly log: Pick<Log, "error">;
  readonly identity: string;
  readonly hostname: string;
  /** Addresses that are told of everything. */
  readonly notify: readonly string[];
}

/** What `#events` calls in the transaction that writes an event: writes the mails and deliveries that tell of it. */
export function createNotifications(deps: NotificationDeps): (tx: Tx, event: EventView) => Promise<void> {
  const { putMail } = deps;
  return async (tx, event) => {
    await queueDeliveries(deps, tx, event);
    if (putMail === undefined || !isMailedType(event)) return;
    for (const mail of mailsOf(deps, event, await factsOf(tx, event))) await putMail(tx, mail);
  };
}

/** No text of a mail is worth that what it tells of does not happen: what cannot be written is left out. */
function mailsOf(deps: NotificationDeps, event: EventView, facts: EventFacts): NewMail[] {
  const { identity, hostname, notify } = deps;
  try {
    const recipients = recipientsOf({ ...facts, event, instance: { notify, hostname } });
    return recipients.map((recipient) => mailOf({ ...facts, event, identity, hostname }, recipient));
  } catch (error) {
    deps.log.error({ event: event.id, err: error }, "the mails of an event could not be written");
    return [];
  }
}
