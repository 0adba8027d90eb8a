/** How long former by-hash files stay. Pure. */

export interface ByHashLimits {
  /** Each stays for this long, if there is room. */
  readonly keptMs: number;
  /** Each stays for this long in any case: nobody reads an index for longer after its list. */
  readonly freshMs: number;
  /** Of one distribution; beyond it the oldest go. */
  readonly maxBytes: number;
  readonly maxFiles: number;
}

export const BY_HASH_LIMITS: ByHashLimits = {
  keptMs: 24 * 3_600_000,
  freshMs: 5 * 60_000,
  maxBytes: 2 * 1024 ** 3,
  maxFiles: 50_000,
};

/** Files that were replaced within the same time. */
export interface RetiredFiles {
  /** When the last of them was replaced at the latest, in milliseconds. */
  readonly endedAt: number;
  readonly files: number;
  readonly bytes: number;
}

/** Those that are more than there is room for, the oldest first; the newest are kept as far as they fit. */
export function beyondLimits<T extends RetiredFiles>(
  all: readonly T[],
  now: number,
  { freshMs, maxBytes, maxFiles }: ByHashLimits,
): T[] {
  const newestFirst = [...all].sort((a, b) => b.endedAt - a.endedAt);
  let [files, bytes] = [0, 0];
  return newestFirst
    .filter((each) => {
      files += each.files;
      bytes += each.bytes;
      return (files > maxFiles || bytes > maxBytes) && now - each.endedAt > freshMs;
    })
    .reverse();
}
