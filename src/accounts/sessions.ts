import { isoAfter, isoNow, MbdError } from "#platform";
import { userPrincipal } from "./authenticate.ts";
import type { Credentials } from "./credentials.ts";
import type { PartDeps } from "./deps.ts";
import { type By, isLevel, type Principal } from "./principal.ts";
import { hashSecret, newSecret } from "./secrets.ts";
import { findSession, insertSession, listSessions, revokeSessions, touchSession } from "./session-store.ts";
import { updateUser } from "./user-store.ts";
import { selfOf } from "./who.ts";

export interface SessionView {
  readonly id: number;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  /** Address at sign-in. */
  readonly client: string;
  readonly userAgent: string;
}

export interface Sessions {
  /** @throws MbdError bad_credentials, too_many, account_inactive */
  signIn(given: { name: string; password: string; client: string; userAgent: string }): Promise<{
    /** For the cookie; not stored and never shown again. */
    secret: string;
    principal: Principal;
    expiresAt: string;
  }>;
  find(secret: string): Promise<{ id: number; principal: Principal } | undefined>;
  list(userId: number): Promise<SessionView[]>;
  revoke(userId: number, sessionId: number, by?: By): Promise<void>;
  revokeAll(userId: number, exceptId?: number, by?: By): Promise<void>;
  signOut(secret: string): Promise<void>;
}

const DAY = 24 * 3600;
const LIFE_SECONDS = 30 * DAY;
/** Unused for so long, a session ends. */
const IDLE_SECONDS = 7 * DAY;
/** Being seen is written down no more often. */
const TOUCH_SECONDS = 60;

export function createSessions(deps: PartDeps & { readonly credentials: Credentials }): Sessions {
  const { db, clock, audit, credentials } = deps;
  const times = () => ({ now: isoNow(clock), unusedSince: isoAfter(clock, -IDLE_SECONDS) });
  return {
    async signIn({ userAgent, ...given }) {
      const user = await credentials.check(given);
      if (!isLevel(user.level)) throw new MbdError("account_inactive", { name: user.name });
      const secret = newSecret();
      const now = isoNow(clock);
      const expiresAt = isoAfter(clock, LIFE_SECONDS);
      const by: By = { kind: "user", name: user.name, client: given.client };
      await db.write(async (tx) => {
        await insertSession(tx, {
          ...{ user_account_id: user.id, secret_hash: hashSecret(secret), client: given.client },
          ...{ created_at: now, last_seen_at: now, expires_at: expiresAt, revoked_at: null },
          user_agent: userAgent.slice(0, 300),
        });
        await updateUser(tx, user.id, { last_login_at: now });
        await audit.done(tx, by, "account.sign_in", { name: user.name });
      });
      return { secret, principal: userPrincipal(user), expiresAt };
    },
    async find(secret) {
      const found = await findSession(db.read, hashSecret(secret), times());
      if (found === undefined) return undefined;
      const { session, user } = found;
      if (session.last_seen_at < isoAfter(clock, -TOUCH_SECONDS))
        await db.write((tx) => touchSession(tx, session.id, isoNow(clock)));
      return { id: session.id, principal: userPrincipal(user) };
    },
    async list(userId) {
      const rows = await listSessions(db.read, userId, times());
      return rows.map((row) => ({
        id: row.id,
        createdAt: row.created_at,
        lastSeenAt: row.last_seen_at,
        client: row.client,
        userAgent: row.user_agent,
      }));
    },
    async revoke(userId, sessionId, by) {
      await db.write(async (tx) => {
        const ended = await revokeSessions(tx, userId, { only: sessionId }, isoNow(clock));
        if (ended === 0) throw new MbdError("not_found", { what: `Session ${sessionId}` });
        const { who, given } = await selfOf(tx, userId, by);
        await audit.done(tx, who, "account.end_session", { ...given, session: String(sessionId) });
      });
    },
    async revokeAll(userId, exceptId, by) {
      await db.write(async (tx) => {
        const ended = await revokeSessions(tx, userId, { except: exceptId }, isoNow(clock));
        const { who, given } = await selfOf(tx, userId, by);
        await audit.done(tx, who, "account.end_sessions", { ...given, sessions: String(ended) });
      });
    },
    async signOut(secret) {
      const found = await findSession(db.read, hashSecret(secret), times());
      if (found === undefined) return;
      await db.write(async (tx) => {
        const { session, user } = found;
        await revokeSessions(tx, user.id, { only: session.id }, isoNow(clock));
        const by: By = { kind: "user", name: user.name, client: session.client };
        await audit.done(tx, by, "account.sign_out", { name: user.name });
      });
    },
  };
}
