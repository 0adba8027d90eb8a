import type { Row, Tx } from "#db";
import { badArgument, isoNow, MbdError, quoted } from "#platform";
import type { PartDeps } from "./deps.ts";
import { changeEmail } from "./email-changes.ts";
import { forgetClients } from "./known-client-store.ts";
import { useLinks } from "./link-store.ts";
import { generatePassword } from "./passwords.ts";
import type { By, Level } from "./principal.ts";
import { checkEmail, checkName } from "./rules.ts";
import { hashSecret } from "./secrets.ts";
import { revokeSessions } from "./session-store.ts";
import { insertToken, listTokens, revokeTokens } from "./token-store.ts";
import { newToken, type TokenView, tokenView } from "./tokens.ts";
import { deleteUser, findUser, insertUser, type UserRow, updateUser } from "./user-store.ts";

/** What the machine's own administrator does, who needs no account. */
export interface MachineAdmin {
  /** Makes a token that belongs to no user and returns its secret, which is not stored and never shown again. */
  createToken(name: string, level: Level): Promise<string>;
  /** Tokens made so that still work. */
  listMachineTokens(): Promise<TokenView[]>;
  /** Ends one, by its name or, where several have the same, its number. @throws MbdError not_found, bad_argument */
  revokeMachineToken(nameOrNumber: string): Promise<{ name: string; id: number }>;
  /**
   * Makes an active user (level ADMIN unless told), or gives one a new password, and a level only if one is told: the
   * name may be somebody's who registered. Ends sessions, tokens, links, lock and being off. A registration of that
   * name which nobody activated is forgotten. A mail address replaces the one that was there.
   */
  saveUser(name: string, level?: Level, password?: string, email?: string): Promise<SavedUser>;
}

export interface SavedUser {
  readonly password: string;
  readonly level: string;
  /** Mail address of an account that was there before, possibly empty. */
  readonly existed?: { readonly email: string };
}

/** Records name the machine's own socket so. */
export const LOCAL_BY: By = { kind: "local", name: "local", client: "local" };

export function createMachineAdmin(parts: PartDeps): MachineAdmin {
  const { db, clock, audit, passwords, limits } = parts;
  return {
    async createToken(name, level) {
      checkName(name);
      const secret = newToken();
      await db.write(async (tx) => {
        await insertToken(tx, {
          ...{ name, level, secret_hash: hashSecret(secret), created_at: isoNow(clock) },
          ...{ user_account_id: null, last_used_at: null, expires_at: null, revoked_at: null },
        });
        await audit.done(tx, LOCAL_BY, "account.create_token", { token: name, level });
      });
      return secret;
    },
    listMachineTokens: async () => (await listTokens(db.read, null, isoNow(clock))).map(tokenView),
    async revokeMachineToken(nameOrNumber) {
      return await db.write(async (tx) => {
        const { id, name } = theToken(await listTokens(tx, null, isoNow(clock)), nameOrNumber);
        await revokeTokens(tx, null, id, isoNow(clock));
        await audit.done(tx, LOCAL_BY, "account.revoke_token", { token: name, number: String(id) });
        return { id, name };
      });
    },
    async saveUser(name, level, given, email) {
      const password = given ?? generatePassword();
      checkName(name);
      if (email !== undefined) checkEmail(email);
      const password_hash = await passwords.hash(password);
      const saved = await db.write(async (tx) => {
        const now = isoNow(clock);
        const known = await activatedUser(tx, name);
        const change = { level: level ?? known?.level ?? "ADMIN", password_hash, active: 1 } as const;
        if (known === undefined)
          await insertUser(tx, {
            ...{ name, email: email ?? "", created_at: now, email_confirmed_at: null, last_login_at: null },
            ...{ ...change, activated_at: now },
          });
        else {
          await updateUser(tx, known.id, change);
          await revokeSessions(tx, known.id, {}, now);
          await revokeTokens(tx, known.id, undefined, now);
          await useLinks(tx, known.id, "reset", now);
          await forgetClients(tx, known.id);
          if (email !== undefined) await changeEmail(parts, tx, known, email, LOCAL_BY);
        }
        const address = known === undefined && email !== undefined ? { email } : {};
        await audit.done(tx, LOCAL_BY, "user.save", { user: name, level: change.level, ...address });
        return {
          level: change.level,
          ...(known === undefined ? {} : { existed: { email: known.email } }),
        };
      });
      limits.lift(name);
      return { password, ...saved };
    },
  };
}

/** Who registered a name and was never activated has no claim to it, nor to what was left there: it is deleted. */
async function activatedUser(tx: Tx, name: string): Promise<UserRow | undefined> {
  const known = await findUser(tx, name);
  if (known === undefined || known.activated_at !== null) return known;
  await deleteUser(tx, known.id);
  return undefined;
}

function theToken(tokens: readonly Row<"api_token">[], nameOrNumber: string): Row<"api_token"> {
  const named = tokens.filter(({ name }) => name === nameOrNumber);
  const [token, ...others] = named.length > 0 ? named : tokens.filter(({ id }) => `${id}` === nameOrNumber);
  if (token === undefined) throw new MbdError("not_found", { what: `Token ${quoted(nameOrNumber)}` });
  if (others.length === 0) return token;
  const numbers = named.map(({ id }) => id).join(", ");
  throw badArgument(
    "token",
    `${named.length} tokens have the name ${quoted(nameOrNumber)}; give a number: ${numbers}`,
  );
}
