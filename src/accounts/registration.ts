import { isUniqueViolation, type Tx } from "#db";
import { addressGroup, isoNow, MbdError } from "#platform";
import { createAttemptLimit } from "./attempt-limit.ts";
import type { PartDeps } from "./deps.ts";
import { useLinks } from "./link-store.ts";
import { linkAddress, makeLink, openLink } from "./links.ts";
import { confirmationMail, existingAccountMail } from "./mails.ts";
import type { By } from "./principal.ts";
import { checkEmail, checkNewName, checkNewPassword } from "./rules.ts";
import { countRegistered, findActiveByEmail, insertUser, isNameTaken, updateUser } from "./user-store.ts";
import { stateOf } from "./users.ts";
import { userToChange } from "./who.ts";

export interface Registration {
  /**
   * Makes an account that is not active yet. `next`: who activates it, the one who reads the mail or an administrator.
   * A mail address that has an account already gets the same answer; its mail says so.
   * @throws MbdError bad_argument, name_taken, too_many
   */
  register(given: {
    name: string;
    /** May be empty where mail does not work. */
    email: string;
    password: string;
    client: string;
  }): Promise<{ next: "mail" | "administrator" }>;
  /** Activates by the secret of the mailed link. @throws MbdError link_invalid */
  confirm(secret: string, client?: string): Promise<{ name: string }>;
}

const HOUR_MS = 3600_000;
/** Registrations that wait at once; more are refused until some are activated or forgotten. */
const MAX_WAITING = 500;

export function createRegistration(deps: PartDeps): Registration {
  const { db, clock, audit, passwords, mail } = deps;
  const limit = createAttemptLimit({ clock, max: 10, windowMs: HOUR_MS, what: "registrations" });

  async function insert(
    tx: Tx,
    user: { name: string; email: string; hash: string; client: string },
    url: string,
  ) {
    if ((await countRegistered(tx)) >= MAX_WAITING)
      throw new MbdError("too_many", { what: "registrations that wait", seconds: 3600 });
    if (await isNameTaken(tx, user.name)) throw new MbdError("name_taken", { name: user.name });
    const now = isoNow(clock);
    const { name, email, client } = user;
    const by: By = { kind: "nobody", name, client };
    const [known] = mail === undefined ? [] : await findActiveByEmail(tx, email);
    if (known !== undefined) {
      await mail?.(tx, existingAccountMail(known, url, now));
      await audit.record(tx, {
        ...{ actor: { kind: "nobody", name }, client, action: "account.register" },
        ...{ given: { name, email }, outcome: "failed", error: "The mail address has an account already." },
      });
      return;
    }
    const id = await insertUser(tx, {
      ...{ name, email, level: "LOGIN", password_hash: user.hash, active: 0, created_at: now },
      ...{ email_confirmed_at: null, activated_at: null, last_login_at: null },
    });
    await audit.done(tx, by, "account.register", { name, email });
    if (mail === undefined) return;
    const link = await makeLink(deps, tx, id, "confirm");
    await mail(tx, confirmationMail({ id, name, email }, linkAddress(url, "confirm", link.secret), link.id));
  }

  return {
    async register({ name, email, password, client }) {
      limit.begin(addressGroup(client));
      checkNewName(name);
      if (email !== "" || mail !== undefined) checkEmail(email);
      checkNewPassword(password, name);
      if (await isNameTaken(db.read, name)) throw new MbdError("name_taken", { name });
      const url = await deps.url();
      const hash = await passwords.hash(password);
      try {
        await db.write((tx) => insert(tx, { name, email, hash, client }, url));
      } catch (error) {
        if (isUniqueViolation(error)) throw new MbdError("name_taken", { name }, { cause: error });
        throw error;
      }
      return { next: mail === undefined ? "administrator" : "mail" };
    },
    async confirm(secret, client = "") {
      return await db.write(async (tx) => {
        const link = await openLink(deps, tx, "confirm", secret);
        const user = await userToChange(tx, link.user_account_id);
        if (stateOf(user) === "off") throw new MbdError("link_invalid");
        const now = isoNow(clock);
        await updateUser(tx, user.id, { active: 1, activated_at: now, email_confirmed_at: now });
        await useLinks(tx, user.id, "confirm", now);
        await audit.done(tx, { kind: "user", name: user.name, client }, "account.confirm", {
          name: user.name,
        });
        return { name: user.name };
      });
    },
  };
}
