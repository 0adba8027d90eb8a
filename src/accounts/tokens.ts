import type { Row } from "#db";
import { badArgument, isoAfter, isoNow, MbdError } from "#platform";
import type { PartDeps } from "./deps.ts";
import { type By, LEVELS, type Level, lowerLevel } from "./principal.ts";
import { checkName } from "./rules.ts";
import { hashSecret, newSecret } from "./secrets.ts";
import { insertToken, listTokens, revokeTokens } from "./token-store.ts";
import { selfOf, userOf } from "./who.ts";

export interface TokenView {
  readonly id: number;
  readonly name: string;
  /** What it was made with; it never does more than its owner may now. */
  readonly level: Level;
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly lastUsedAt?: string;
}

export interface Tokens {
  /** A token of a user, of a level no higher than theirs; `days`: until it ends. The secret is shown this once. */
  create(
    token: { userId: number; name: string; level: Level; days?: number | undefined },
    by?: By,
  ): Promise<{ secret: string }>;
  /** Those that still work. */
  list(userId: number): Promise<TokenView[]>;
  revoke(userId: number, tokenId: number, by?: By): Promise<void>;
}

const MAX_DAYS = 3660;
const MAX_TOKENS = 100;
const DAY = 24 * 3600;

/** What a token looks like, so that people and scanners of leaked secrets recognise it. */
export function newToken(): string {
  return newSecret("mbd_");
}

export function createTokens({ db, clock, audit }: PartDeps): Tokens {
  return {
    async create({ userId, name, level, days }, by) {
      checkName(name);
      if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= MAX_DAYS))
        throw badArgument("days", `it is a whole number from 1 to ${MAX_DAYS}`);
      const secret = newToken();
      await db.write(async (tx) => {
        const owner = await userOf(tx, userId);
        if (owner.active !== 1) throw new MbdError("account_inactive", { name: owner.name });
        if (level === "NONE" || !LEVELS.includes(level))
          throw badArgument("level", "it is LOGIN, STAFF or ADMIN");
        if (lowerLevel(level, owner.level) !== level)
          throw new MbdError("forbidden", { what: `A token of level ${level}`, level, have: owner.level });
        const existing = await listTokens(tx, userId, isoNow(clock));
        if (existing.length >= MAX_TOKENS)
          throw badArgument("name", `there are ${MAX_TOKENS} tokens already`);
        if (existing.some((token) => token.name === name))
          throw badArgument("name", `there is a token '${name}' already`);
        await insertToken(tx, {
          ...{ name, level, user_account_id: userId, secret_hash: hashSecret(secret) },
          ...{ created_at: isoNow(clock), revoked_at: null, last_used_at: null },
          expires_at: days === undefined ? null : isoAfter(clock, days * DAY),
        });
        const { who, given } = await selfOf(tx, userId, by);
        const until = days === undefined ? {} : { days: String(days) };
        await audit.done(tx, who, "account.create_token", { ...given, token: name, level, ...until });
      });
      return { secret };
    },
    async list(userId) {
      return (await listTokens(db.read, userId, isoNow(clock))).map(tokenView);
    },
    async revoke(userId, tokenId, by) {
      await db.write(async (tx) => {
        const [name] = await revokeTokens(tx, userId, tokenId, isoNow(clock));
        if (name === undefined) throw new MbdError("not_found", { what: `Token ${tokenId}` });
        const { who, given } = await selfOf(tx, userId, by);
        await audit.done(tx, who, "account.revoke_token", { ...given, token: name });
      });
    },
  };
}

export function tokenView(row: Row<"api_token">): TokenView {
  return {
    id: row.id,
    name: row.name,
    level: lowerLevel(row.level, row.level),
    createdAt: row.created_at,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
  };
}
