import { versionsEqual } from "#deb";

/** An entry of a rollback list; the index in the list is its position, 0 the newest. */
export interface RollbackEntry {
  readonly releaseId: number;
  readonly version: string;
  /** ISO-8601; absent: it comes to the list now. Null: not known. */
  readonly listedAt?: string | null;
}

/** Puts a release in front of its rollback list: its version is there only once, at most `limit` remain. */
export function shiftRollbacks(
  list: readonly RollbackEntry[],
  entry: RollbackEntry,
  limit: number,
): RollbackEntry[] {
  const others = list.filter((other) => !versionsEqual(other.version, entry.version));
  return [entry, ...others].slice(0, Math.max(0, limit));
}

/** Takes a position out; the following ones move up. */
export function dropRollback(list: readonly RollbackEntry[], position: number): RollbackEntry[] {
  return list.filter((_, index) => index !== position);
}

/** What came to the list before a time goes; the others move up. What is of unknown age stays. */
export function expireRollbacks(list: readonly RollbackEntry[], before: string): RollbackEntry[] {
  return list.filter(({ listedAt }) => typeof listedAt !== "string" || listedAt >= before);
}

/**
 * Which releases of a (component, source) leave a suite when a new one comes, the oldest first: all, or with several
 * versions per source the lowest beyond the number.
 */
export function releasesToLeave(
  current: readonly RollbackEntry[],
  limit: number,
  compare: Compare,
): RollbackEntry[] {
  const ascending = [...current].sort((a, b) => compare(a.version, b.version) || a.releaseId - b.releaseId);
  return ascending.slice(0, Math.max(0, ascending.length + 1 - Math.max(1, limit)));
}

export type Compare = (a: string, b: string) => number;
