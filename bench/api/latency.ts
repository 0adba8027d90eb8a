/** How long answers took, in milliseconds. */
export interface Latency {
  readonly requests: number;
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** @throws Error when nothing was measured */
export function latencyOf(values: Float64Array): Latency {
  const sorted = values.toSorted();
  const at = (part: number): number => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
    if (value === undefined) throw new Error("nothing was measured");
    return value;
  };
  return { requests: sorted.length, min: at(0), median: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
