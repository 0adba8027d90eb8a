import { createHash, randomBytes } from "node:crypto";
import type { Database } from "#db";
import { type Clock, isoNow, MbdError } from "#platform";
import { findToken, findUser, insertToken, listUsers, saveUser } from "./account-store.ts";
import { checkPassword, generatePassword, hashPassword } from "./password.ts";
import { isLevel, type Level, NOBODY, type Principal } from "./principal.ts";

export interface Accounts {
  /** Who an `Authorization` header (Bearer token or HTTP Basic) speaks for; a wrong one is `unauthenticated`. */
  authenticate(authorization: string | undefined): Promise<Principal>;
  /** Makes a token and returns its secret, which is not stored and never shown again. */
  createToken(name: string, level: Level): Promise<string>;
  /** Makes a user, or gives one a new password and level. */
  saveUser(name: string, level: Level, password?: string): Promise<{ password: string }>;
  listUsers(): Promise<{ name: string; level: string }[]>;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/;

export function createAccounts(deps: { db: Database; clock: Clock }): Accounts {
  const { db, clock } = deps;
  // Basic credentials come with each request, but scrypt is made to be slow: remember what was right for a minute.
  const rightUntil = new Map<string, number>();

  async function basic(encoded: string): Promise<Principal | undefined> {
    const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? [];
    if (name === undefined || password === undefined) return undefined;
    const user = await findUser(db.read, name);
    if (user === undefined || !isLevel(user.level)) return undefined;
    const key = hashSecret(`${user.password_hash}:${password}`);
    const now = clock.now().getTime();
    if ((rightUntil.get(key) ?? 0) < now) {
      if (!(await checkPassword(password, user.password_hash))) return undefined;
      if (rightUntil.size > 1000) rightUntil.clear();
      rightUntil.set(key, now + 60_000);
    }
    return { kind: "user", name, level: user.level };
  }

  async function bearer(secret: string): Promise<Principal | undefined> {
    const token = await findToken(db.read, hashSecret(secret), isoNow(clock));
    return token !== undefined && isLevel(token.level)
      ? { kind: "token", name: token.name, level: token.level }
      : undefined;
  }

  return {
    async authenticate(authorization) {
      if (authorization === undefined || authorization === "") return NOBODY;
      const [scheme = "", credentials = ""] = authorization.split(/ +/, 2);
      const known: Record<string, (text: string) => Promise<Principal | undefined>> = { basic, bearer };
      const principal = await known[scheme.toLowerCase()]?.(credentials);
      if (principal === undefined) throw new MbdError("bad_credentials");
      return principal;
    },
    async createToken(name, level) {
      checkName(name);
      const secret = `mbd_${randomBytes(32).toString("base64url")}`;
      const row = {
        name,
        level,
        secret_hash: hashSecret(secret),
        created_at: isoNow(clock),
        expires_at: null,
        revoked_at: null,
      };
      await db.write((tx) => insertToken(tx, row));
      return secret;
    },
    async saveUser(name, level, password = generatePassword()) {
      checkName(name);
      const password_hash = await hashPassword(password);
      await db.write((tx) =>
        saveUser(tx, { name, level, password_hash, active: 1, created_at: isoNow(clock) }),
      );
      return { password };
    },
    listUsers: () => listUsers(db.read),
  };
}

function checkName(name: string): void {
  if (!NAME.test(name)) {
    throw new MbdError("bad_argument", {
      argument: "name",
      reason: `'${name}' is not a name (letters, digits, . _ @ + -)`,
    });
  }
}

function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
