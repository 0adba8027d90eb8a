import type { Executor, Row, Tx } from "#db";
import { isoAfter, isoNow, MbdError } from "#platform";
import type { PartDeps } from "./deps.ts";
import { findLink, insertLink } from "./link-store.ts";
import { hashSecret, newSecret } from "./secrets.ts";

export type LinkPurpose = "confirm" | "reset";

/** Where each kind of link leads; a GET of it shows a form, only its POST does something (mail programs look ahead). */
const PATHS: Readonly<Record<LinkPurpose, string>> = {
  confirm: "/account/confirm",
  reset: "/account/reset",
};

const DAY = 24 * 3600;
const LIFE_SECONDS: Readonly<Record<LinkPurpose, number>> = { confirm: 3 * DAY, reset: DAY };

export function linkAddress(url: string, purpose: LinkPurpose, secret: string): string {
  return `${url}${PATHS[purpose]}?secret=${secret}`;
}

export async function makeLink(
  { clock }: Pick<PartDeps, "clock">,
  tx: Tx,
  userId: number,
  purpose: LinkPurpose,
): Promise<{ id: number; secret: string }> {
  const secret = newSecret();
  const id = await insertLink(tx, {
    ...{ user_account_id: userId, purpose, secret_hash: hashSecret(secret), used_at: null },
    ...{ created_at: isoNow(clock), expires_at: isoAfter(clock, LIFE_SECONDS[purpose]) },
  });
  return { id, secret };
}

/** @throws MbdError link_invalid */
export async function openLink(
  { clock }: Pick<PartDeps, "clock">,
  db: Executor,
  purpose: LinkPurpose,
  secret: string,
): Promise<Row<"account_link">> {
  const link = await findLink(db, purpose, hashSecret(secret), isoNow(clock));
  if (link === undefined) throw new MbdError("link_invalid");
  return link;
}
