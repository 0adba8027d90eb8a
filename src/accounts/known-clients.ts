import type { Executor, Tx } from "#db";
import { addressGroup, type Clock, isoAfter, isoNow } from "#platform";
import { forgetOldest, listKnownClients, saveKnownClient } from "./known-client-store.ts";
import { keptSince } from "./retention.ts";

/** Clients from which a user signed in, with a password that was right; of IPv6 their /64 networks. */

/** Being seen is written down no more often. */
const TOUCH_SECONDS = 24 * 3600;
/** Each is one more place to guess from, so there is an end. */
const MAX_CLIENTS = 20;

export async function isKnownClient(
  { clock }: { readonly clock: Clock },
  db: Executor,
  userId: number | undefined,
  client: string,
): Promise<boolean> {
  // Names that nobody has take the same way.
  const known = await listKnownClients(db, userId ?? 0, keptSince(clock.now()).knownClient);
  return known.some((row) => row.client === addressGroup(client));
}

/** Whether {@link rememberClient} has something to write. */
export async function isToBeRemembered(
  { clock }: { readonly clock: Clock },
  db: Executor,
  userId: number,
  client: string,
): Promise<boolean> {
  const fresh = await listKnownClients(db, userId, isoAfter(clock, -TOUCH_SECONDS));
  return client !== "" && !fresh.some((row) => row.client === addressGroup(client));
}

export async function rememberClient(
  { clock }: { readonly clock: Clock },
  tx: Tx,
  userId: number,
  client: string,
): Promise<void> {
  const seen = { client: addressGroup(client), last_seen_at: isoNow(clock) };
  await saveKnownClient(tx, { user_account_id: userId, ...seen });
  await forgetOldest(tx, userId, MAX_CLIENTS);
}
