import type { Tx } from "#db";
import { addressGroup, isoNow, MbdError } from "#platform";
import { createAttemptLimit } from "./attempt-limit.ts";
import type { Credentials } from "./credentials.ts";
import type { PartDeps } from "./deps.ts";
import { forgetClients } from "./known-client-store.ts";
import { rememberClient } from "./known-clients.ts";
import { useLinks } from "./link-store.ts";
import { linkAddress, makeLink, openLink } from "./links.ts";
import { resetMail } from "./mails.ts";
import type { By } from "./principal.ts";
import { checkNewPassword } from "./rules.ts";
import { revokeSessions } from "./session-store.ts";
import { findActiveByEmail, findUser, type UserRow, updateUser } from "./user-store.ts";
import { userOf } from "./who.ts";

export interface PasswordChanges {
  /** Mails a link to an active account of this name or mail address; the same answer whether there is one or not. */
  requestReset(given: { nameOrEmail: string; client: string }): Promise<void>;
  /** For an administrator to hand on where mail does not work. @throws MbdError account_inactive */
  resetLink(userId: number, by: By): Promise<string>;
  /** The address that a secret of `resetLink` belongs to. */
  resetAddress(secret: string): Promise<string>;
  /** Ends all sessions and the lock of the account. @throws MbdError link_invalid, bad_argument */
  reset(secret: string, newPassword: string, client?: string): Promise<{ name: string }>;
  /** Ends all other sessions. @throws MbdError bad_credentials, too_many, bad_argument */
  changePassword(given: {
    userId: number;
    old: string;
    new: string;
    /** The session that goes on. */
    keepSession?: number | undefined;
    client?: string | undefined;
  }): Promise<void>;
}

const HOUR_MS = 3600_000;

export function createPasswordChanges(
  deps: PartDeps & { readonly credentials: Credentials },
): PasswordChanges {
  const { db, clock, audit, passwords, limits, credentials, mail } = deps;
  const asked = { clock, windowMs: HOUR_MS, what: "requests for a new password" };
  const byAddress = createAttemptLimit({ ...asked, max: 10 });
  const byAccount = createAttemptLimit({ ...asked, max: 3 });

  async function mailReset(tx: Tx, user: UserRow, url: string): Promise<void> {
    if (mail === undefined || user.email === "" || isOverLimit(user.name)) return;
    const link = await makeLink(deps, tx, user.id, "reset");
    await mail(tx, resetMail(user, linkAddress(url, "reset", link.secret), link.id));
  }

  /** Too many mails to one account are not sent, which the one who asks must not see. */
  function isOverLimit(name: string): boolean {
    try {
      byAccount.begin(name);
      return false;
    } catch {
      return true;
    }
  }

  async function savePassword(tx: Tx, user: UserRow, hash: string, keep?: number): Promise<void> {
    const now = isoNow(clock);
    await updateUser(tx, user.id, { password_hash: hash });
    await useLinks(tx, user.id, "reset", now);
    await revokeSessions(tx, user.id, { except: keep }, now);
    // Who knew the old one may have signed in somewhere, too.
    await forgetClients(tx, user.id);
  }

  return {
    async requestReset({ nameOrEmail, client }) {
      byAddress.begin(addressGroup(client));
      const url = await deps.url();
      const text = nameOrEmail.trim().slice(0, 320);
      await db.write(async (tx) => {
        const named = await findUser(tx, text);
        const users = named === undefined ? await findActiveByEmail(tx, text) : [named];
        for (const user of users) if (user.active === 1) await mailReset(tx, user, url);
        const by: By = { kind: "nobody", name: text.slice(0, 64), client };
        await audit.done(tx, by, "account.request_reset", { name: text });
      });
    },
    async resetLink(userId, by) {
      return await db.write(async (tx) => {
        const user = await userOf(tx, userId);
        if (user.active !== 1) throw new MbdError("account_inactive", { name: user.name });
        await audit.done(tx, by, "user.reset_link", { user: user.name });
        return (await makeLink(deps, tx, userId, "reset")).secret;
      });
    },
    resetAddress: async (secret) => linkAddress(await deps.url(), "reset", secret),
    async reset(secret, newPassword, client = "") {
      // Looked at first: nobody makes us hash without a link.
      const known = await openLink(deps, db.read, "reset", secret);
      checkNewPassword(newPassword, (await userOf(db.read, known.user_account_id)).name);
      const hash = await passwords.hash(newPassword);
      const name = await db.write(async (tx) => {
        const link = await openLink(deps, tx, "reset", secret);
        const user = await userOf(tx, link.user_account_id);
        if (user.active !== 1) throw new MbdError("link_invalid");
        await savePassword(tx, user, hash);
        await audit.done(tx, { kind: "user", name: user.name, client }, "account.reset_password", {
          name: user.name,
        });
        return user.name;
      });
      limits.lift(name);
      return { name };
    },
    async changePassword({ userId, old, new: wanted, keepSession, client = "" }) {
      const user = await credentials.checkOwn({ userId, password: old, client });
      checkNewPassword(wanted, user.name);
      const hash = await passwords.hash(wanted);
      await db.write(async (tx) => {
        await savePassword(tx, user, hash, keepSession);
        if (client !== "") await rememberClient(deps, tx, user.id, client);
        await audit.done(tx, { kind: "user", name: user.name, client }, "account.change_password", {
          name: user.name,
        });
      });
    },
  };
}
