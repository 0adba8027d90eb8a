import { addressGroup, type Clock, type ErrorCode, MbdError } from "#platform";
import type { Session } from "./incoming-session.ts";

const PER_SESSION = 20;
const PER_ADDRESS_AND_HOUR = 40;
const HOUR_MS = 3_600_000;
const MOST_ADDRESSES = 1000;

/** What a packager should find among the events later; others (disk, engine, broken transfer) mean "try again". */
const TOLD: ReadonlySet<ErrorCode> = new Set([
  "bad_file_name",
  "too_large",
  "session_full",
  "too_many_files",
]);

/**
 * Decides which refused files become REJECTED events: one per session and name, and not many per address, as an
 * unauthenticated sender could fill the event list otherwise.
 */
export function createRefusals(clock: Clock): {
  isNews(session: Session, name: string, error: unknown): boolean;
} {
  const byAddress = new Map<string, { since: number; count: number }>();
  return {
    isNews(session, name, error) {
      if (!(error instanceof MbdError) || !TOLD.has(error.code)) return false;
      if (session.refused.size >= PER_SESSION || session.refused.has(name)) return false;
      session.refused.add(name);
      const now = clock.now().getTime();
      for (const [address, entry] of byAddress) {
        if (now - entry.since > HOUR_MS || byAddress.size > MOST_ADDRESSES) byAddress.delete(address);
      }
      const group = addressGroup(session.client);
      const entry = byAddress.get(group) ?? { since: now, count: 0 };
      byAddress.set(group, entry);
      entry.count += 1;
      return entry.count <= PER_ADDRESS_AND_HOUR;
    },
  };
}
