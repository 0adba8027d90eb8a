import type { Spread } from "./statistics.ts";

export type Kind = "import" | "publish" | "copy" | "snapshot" | "floor";

/** One line of results: a measure of one program, in one of its ways to run, at one size. */
export interface Figure {
  readonly kind: Kind;
  readonly packages: number;
  readonly peer: string;
  readonly mode: string;
  readonly indexSet: string;
  /** Milliseconds. */
  readonly time: Spread;
  /** Of one more run, or of the same one where it is long. */
  readonly peakBytes?: number;
}

export interface Query {
  readonly kind: Kind;
  readonly packages: number;
  readonly peer: string;
  readonly mode?: string;
  readonly indexSet?: string;
}

/** Figures that fit; what a query leaves out may be anything. */
export function select(figures: readonly Figure[], query: Query): Figure[] {
  return figures.filter((figure) =>
    (Object.keys(query) as (keyof Query)[]).every((key) => figure[key] === query[key]),
  );
}
