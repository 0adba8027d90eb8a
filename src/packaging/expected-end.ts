/** When builds are expected to end, from what earlier ones of the same source and architecture took. */

/** The middle of what good builds took; undefined when there was none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half];
  const lower = sorted[half - 1];
  if (upper === undefined || sorted.length % 2 === 1 || lower === undefined) return upper;
  return (lower + upper) / 2;
}

export interface TurnOfBuilds {
  /** Milliseconds since 1970, like all moments here. */
  readonly now: number;
  readonly slots: number;
  /** When the running builds end; undefined where nothing is known. */
  readonly running: readonly (number | undefined)[];
  /** How long the waiting ones will take, in the order in which they get slots. */
  readonly waitingMs: readonly (number | undefined)[];
}

/**
 * When the waiting builds end, each in the slot that is free first. One of unknown length keeps its slot for ever, so
 * what is said is never too early; undefined where nothing can be said.
 */
export function expectedEnds({ now, slots, running, waitingMs }: TurnOfBuilds): (number | undefined)[] {
  const free = running.map((end) => (end === undefined ? Number.POSITIVE_INFINITY : Math.max(end, now)));
  while (free.length < slots) free.push(now);
  return waitingMs.map((tookMs) => {
    const first = Math.min(...free);
    const end = first + (tookMs ?? Number.POSITIVE_INFINITY);
    free[free.indexOf(first)] = end;
    return Number.isFinite(end) ? end : undefined;
  });
}
