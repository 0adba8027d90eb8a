import { isoNow } from "#platform";
import type { PartDeps } from "./deps.ts";
import { generatePassword } from "./passwords.ts";
import type { By, Level } from "./principal.ts";
import { checkName } from "./rules.ts";
import { hashSecret } from "./secrets.ts";
import { revokeSessions } from "./session-store.ts";
import { insertToken } from "./token-store.ts";
import { newToken } from "./tokens.ts";
import { findUser, insertUser, updateUser } from "./user-store.ts";

/** What the machine's own administrator does, who needs no account. */
export interface MachineAdmin {
  /** Makes a token that belongs to no user and returns its secret, which is not stored and never shown again. */
  createToken(name: string, level: Level): Promise<string>;
  /** Makes an active user, or gives one a new password and level, ending sessions, lock and being off. */
  saveUser(name: string, level: Level, password?: string): Promise<{ password: string }>;
}

/** Records name the machine's own socket so. */
export const LOCAL_BY: By = { kind: "local", name: "local", client: "local" };

export function createMachineAdmin({ db, clock, audit, passwords, limits }: PartDeps): MachineAdmin {
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
    async saveUser(name, level, password = generatePassword()) {
      checkName(name);
      const password_hash = await passwords.hash(password);
      await db.write(async (tx) => {
        const now = isoNow(clock);
        const known = await findUser(tx, name);
        const change = { level, password_hash, active: 1, activated_at: known?.activated_at ?? now } as const;
        if (known === undefined)
          await insertUser(tx, {
            ...{ name, email: "", created_at: now, email_confirmed_at: null, last_login_at: null },
            ...change,
          });
        else {
          await updateUser(tx, known.id, change);
          await revokeSessions(tx, known.id, {}, now);
        }
        await audit.done(tx, LOCAL_BY, "user.save", { user: name, level });
      });
      limits.lift(name);
      return { password };
    },
  };
}
