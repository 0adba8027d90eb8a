import { type Clock, MbdError } from "#platform";

/** How much of the past may be made on demand: each making is a signature, and perhaps megabytes of indices. */
export interface MomentLimits {
  /** New ones in any minute. */
  readonly newPerMinute: number;
  /** New ones that may wait for their turn, the one being made among them. */
  readonly waiting: number;
  /** Kept in all; beyond, the one that was not asked for the longest goes. */
  readonly kept: number;
}

export const MOMENT_LIMITS: MomentLimits = { newPerMinute: 30, waiting: 10, kept: 200 };

const MINUTE_MS = 60_000;

/**
 * Makes one thing after the other, only so many a minute; whoever asks for the same while it is made gets the same.
 * @throws MbdError moments_busy (from `make`)
 */
export function createMaker<T>(limits: MomentLimits, clock: Clock) {
  const making = new Map<string, Promise<T>>();
  let begun: number[] = [];
  let last: Promise<unknown> = Promise.resolve();

  function refuse(now: number): void {
    begun = begun.filter((time) => now - time < MINUTE_MS && time <= now);
    const [oldest = now] = begun;
    if (begun.length >= limits.newPerMinute)
      throw new MbdError("moments_busy", { seconds: Math.ceil((oldest + MINUTE_MS - now) / 1000) });
    if (making.size >= limits.waiting) throw new MbdError("moments_busy", { seconds: 10 });
  }

  return {
    async make(key: string, work: () => Promise<T>): Promise<T> {
      const known = making.get(key);
      if (known !== undefined) return await known;
      const now = clock.now().getTime();
      refuse(now);
      begun.push(now);
      const mine = last.then(work, work);
      last = mine.catch(() => undefined);
      making.set(key, mine);
      try {
        return await mine;
      } finally {
        making.delete(key);
      }
    },
  };
}
