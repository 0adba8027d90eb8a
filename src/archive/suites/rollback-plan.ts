import { versionsEqual } from "#deb";

/** An entry of a rollback list; the index in the list is its position, 0 the newest. */
export interface RollbackEntry {
  readonly releaseId: number;
  readonly version: string;
  /** ISO-8601; absent: it comes to the list now. Null: not known. */
  readonly listedAt?: string | null;
  /** Neither number nor age takes it out. */
  readonly pinned?: boolean;
}

/**
 * Puts a release in front of its rollback list: its version is there only once, and keeps the pin that it had. At most
 * `limit` remain: the last ones go that are not pinned; where all others are, the new one has no room.
 */
export function shiftRollbacks(
  list: readonly RollbackEntry[],
  entry: RollbackEntry,
  limit: number,
): RollbackEntry[] {
  const same = list.find((other) => versionsEqual(other.version, entry.version));
  const first = same?.pinned === true ? { ...entry, pinned: true } : entry;
  const all = [first, ...list.filter((other) => other !== same)];
  const free = all.filter(({ pinned }) => pinned !== true);
  const gone = new Set(free.slice(free.length - Math.max(0, Math.min(free.length, all.length - limit))));
  return all.filter((each) => !gone.has(each));
}

/** Takes a position out, pinned or not; the following ones move up. */
export function dropRollback(list: readonly RollbackEntry[], position: number): RollbackEntry[] {
  return list.filter((_, index) => index !== position);
}

/** What came to the list before a time goes; the others move up. What is of unknown age, or pinned, stays. */
export function expireRollbacks(list: readonly RollbackEntry[], before: string): RollbackEntry[] {
  return list.filter(
    ({ listedAt, pinned }) => pinned === true || typeof listedAt !== "string" || listedAt >= before,
  );
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
