import { type Clock, MbdError } from "#platform";

/** Counts attempts by a key (name, address) within a window of time that begins with the first one. */
export interface AttemptLimit {
  /** Counts an attempt before it is made, so that many at once are not all free. @throws MbdError too_many */
  begin(key: string): void;
  /** Takes one back: it was no guess. */
  undo(key: string): void;
  /** Forgets all of a key. */
  forget(key: string): void;
  /** Forgets all of the keys that begin so. */
  forgetAll(beginning: string): void;
}

/** Keys remembered at most; the oldest are forgotten first. */
const MAX_KEYS = 10_000;

export function createAttemptLimit(options: {
  readonly clock: Clock;
  readonly max: number;
  readonly windowMs: number;
  /** What there are too many of, for the message. */
  readonly what: string;
}): AttemptLimit {
  const { clock, max, windowMs, what } = options;
  const known = new Map<string, { count: number; readonly until: number }>();
  return {
    begin(key) {
      const now = clock.now().getTime();
      const entry = known.get(key);
      if (entry === undefined || entry.until <= now) {
        known.delete(key);
        if (known.size >= MAX_KEYS) known.delete(known.keys().next().value ?? "");
        known.set(key, { count: 1, until: now + windowMs });
        return;
      }
      if (entry.count >= max)
        throw new MbdError("too_many", { what, seconds: Math.ceil((entry.until - now) / 1000) });
      entry.count += 1;
    },
    undo(key) {
      const entry = known.get(key);
      if (entry !== undefined && entry.count > 0) entry.count -= 1;
    },
    forget: (key) => void known.delete(key),
    forgetAll(beginning) {
      for (const key of known.keys()) if (key.startsWith(beginning)) known.delete(key);
    },
  };
}
