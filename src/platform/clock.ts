/** The only source of the present time; tests hand in a fixed or stepping one. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** ISO-8601 UTC text with milliseconds, the form in which all times are stored. */
export function isoNow(clock: Clock): string {
  return clock.now().toISOString();
}

/** The stored form of a moment `seconds` after now (negative: before). */
export function isoAfter(clock: Clock, seconds: number): string {
  return new Date(clock.now().getTime() + seconds * 1000).toISOString();
}
