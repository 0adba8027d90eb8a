import { type Clock, isoAfter, isoNow, MbdError } from "#platform";
import type { Credentials } from "./credentials.ts";
import type { PartDeps } from "./deps.ts";
import { isLevel, lowerLevel, NOBODY, type Principal } from "./principal.ts";
import { hashSecret } from "./secrets.ts";
import { findToken, touchToken } from "./token-store.ts";
import { findUser, findUserById, type UserRow } from "./user-store.ts";

/** Who an `Authorization` header speaks for. @throws MbdError bad_credentials, too_many, account_inactive */
export type Authenticate = (authorization: string | undefined, client?: string) => Promise<Principal>;

const REMEMBER_MS = 60_000;
const MAX_REMEMBERED = 1000;
const TOUCH_SECONDS = 60;

export function createAuthenticate(
  deps: Pick<PartDeps, "db" | "clock"> & { readonly credentials: Credentials },
): Authenticate {
  const { db, clock, credentials } = deps;
  const remembered = createMemory(clock);

  async function basic(encoded: string, client: string): Promise<Principal | undefined> {
    const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? [];
    if (name === undefined || password === undefined) return undefined;
    const user = await findUser(db.read, name);
    const check = () => credentials.check({ name, password, client });
    // Of accounts that may not sign in nothing is remembered.
    if (user === undefined || user.active !== 1) return userPrincipal(await check());
    await remembered(hashSecret(`${user.password_hash}:${password}`), check);
    return userPrincipal(user);
  }

  async function bearer(secret: string): Promise<Principal | undefined> {
    const token = await findToken(db.read, hashSecret(secret), isoNow(clock));
    if (token === undefined || !isLevel(token.level)) return undefined;
    const { user_account_id: userId, name, level } = token;
    const owner = userId === null ? undefined : await findUserById(db.read, userId);
    if (userId !== null && owner?.active !== 1) return undefined;
    if (token.last_used_at === null || token.last_used_at < isoAfter(clock, -TOUCH_SECONDS))
      await db.write((tx) => touchToken(tx, token.id, isoNow(clock)));
    if (owner === undefined) return { kind: "token", name, level };
    const effective = lowerLevel(level, owner.level);
    return { kind: "token", name: `${owner.name}/${name}`, level: effective, userId: owner.id };
  }

  return async (authorization, client = "") => {
    if (authorization === undefined || authorization === "") return NOBODY;
    const [scheme = "", given = ""] = authorization.split(/ +/, 2);
    const known: Record<string, (text: string, from: string) => Promise<Principal | undefined>> = {
      basic,
      bearer,
    };
    const principal = await known[scheme.toLowerCase()]?.(given, client);
    if (principal === undefined) throw new MbdError("bad_credentials");
    return principal;
  };
}

export function userPrincipal(user: UserRow): Principal {
  return { kind: "user", name: user.name, level: isLevel(user.level) ? user.level : "NONE", userId: user.id };
}

/**
 * Basic credentials come with each request, but scrypt is made to be slow: what was right is remembered for a minute,
 * and requests that come at once wait for one check.
 */
function createMemory(clock: Clock) {
  const rightUntil = new Map<string, number>();
  const checking = new Map<string, Promise<unknown>>();
  return async (key: string, check: () => Promise<unknown>): Promise<void> => {
    const now = clock.now().getTime();
    if ((rightUntil.get(key) ?? 0) >= now) return;
    const running = checking.get(key) ?? check();
    checking.set(key, running);
    try {
      await running;
    } finally {
      checking.delete(key);
    }
    if (rightUntil.size >= MAX_REMEMBERED) rightUntil.clear();
    rightUntil.set(key, now + REMEMBER_MS);
  };
}
