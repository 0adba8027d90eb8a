/** Of the runs of one measure. */
export interface Spread {
  readonly runs: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** @throws Error when nothing was measured */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new Error("nothing was measured");
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? min;
  const upper = sorted[Math.ceil((sorted.length - 1) / 2)] ?? max;
  return { runs: sorted.length, min, median: (lower + upper) / 2, max };
}
