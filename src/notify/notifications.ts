import type { Tx } from "#db";
import type { EventView } from "#events";
import type { Mail } from "#mail";
import { type HookJobDeps, queueDeliveries } from "./hook-job.ts";
import { factsOf } from "./mail-facts.ts";
import { mailOf } from "./mail-text.ts";
import { isMailedType, recipientsOf } from "./recipients.ts";

export interface NotificationDeps extends Pick<HookJobDeps, "queue" | "clock"> {
  /** Without it mail does not work here, and none is written. */
  readonly putMail?: Mail["put"] | undefined;
  readonly identity: string;
  readonly hostname: string;
  /** Addresses that are told of everything. */
  readonly notify: readonly string[];
}

/** What `#events` calls in the transaction that writes an event: writes the mails and deliveries that tell of it. */
export function createNotifications(deps: NotificationDeps): (tx: Tx, event: EventView) => Promise<void> {
  const { putMail, identity, hostname, notify } = deps;
  return async (tx, event) => {
    await queueDeliveries(deps, tx, event);
    if (putMail === undefined || !isMailedType(event)) return;
    const facts = await factsOf(tx, event);
    const telling = { ...facts, event, instance: { notify, hostname } };
    for (const recipient of recipientsOf(telling))
      await putMail(tx, mailOf({ ...facts, event, identity, hostname }, recipient));
  };
}
