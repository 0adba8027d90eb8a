import { randomUUID } from "node:crypto";
import { addressGroup, type Clock, isoNow, MbdError } from "#platform";
import { createSession, isBusy, type NewSession, type Session } from "./incoming-session.ts";
import type { SessionRow } from "./incoming-store.ts";
import type { IncomingLimits } from "./limits.ts";

const IDLE_PER_BUSY = 4;

/** The open sessions of this process. */
export interface Sessions {
  /** FTP: a new one; others: the open one of the same origin and key, or a new one. */
  open(session: NewSession): Session;
  /** The open session of an HTTP client. */
  find(session: NewSession): Session | undefined;
  /** Takes up one that an earlier process left. */
  restore(row: SessionRow): Session;
  /** Refuses (`too_many_sessions`) what would make one more busy session than allowed. */
  admit(session: Session): void;
  close(session: Session): void;
  all(): readonly Session[];
}

export function createSessions(clock: Clock, limits: IncomingLimits): Sessions {
  const sessions = new Map<string, Session>();

  const admit = (session: Session): void => {
    const group = addressGroup(session.client);
    const busy = [...sessions.values()].filter((other) => other !== session && isBusy(other));
    const near = busy.filter((other) => addressGroup(other.client) === group);
    if (near.length >= limits.sessionsPerAddress) {
      throw new MbdError("too_many_sessions", { count: near.length, from: session.client });
    }
    if (busy.length >= limits.sessions) {
      throw new MbdError("too_many_sessions", { count: busy.length, from: "all clients" });
    }
  };

  const find = (wanted: NewSession): Session | undefined =>
    [...sessions.values()].find(
      (session) => session.origin !== "ftp" && session.origin === wanted.origin && session.key === wanted.key,
    );

  /** Sessions that hold nothing are not limited, so the oldest of them is forgotten; `sweepSessions` ends its row. */
  const makeRoom = (): void => {
    if (sessions.size < limits.sessions * IDLE_PER_BUSY) return;
    const idle = [...sessions.values()].find((session) => !isBusy(session));
    if (idle !== undefined) sessions.delete(idle.id);
  };

  return {
    find,
    open(wanted) {
      const known = find(wanted);
      if (known !== undefined) return known;
      makeRoom();
      const session = createSession(randomUUID(), wanted, isoNow(clock));
      admit(session);
      sessions.set(session.id, session);
      return session;
    },
    restore(row) {
      const { session_key: key, client } = row;
      const origin = row.origin === "ftp" || row.origin === "cli" ? row.origin : "http";
      const session = createSession(row.id, { origin, key, client }, row.started_at);
      session.stored = true;
      sessions.set(session.id, session);
      return session;
    },
    admit,
    close(session) {
      session.ended = true;
      sessions.delete(session.id);
    },
    all: () => [...sessions.values()],
  };
}
