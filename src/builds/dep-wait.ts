import type { BuildResult } from "./build-result.ts";

/** A missing build dependency that will come. */
export interface Coming {
  /** `libfoo-dev (>= 2)` */
  readonly missing: string;
  /** From whom: `being built by foo 2.0`. */
  readonly from: string;
}

const SHOWN = 5;

/** What a waiting build waits for, in one line. */
export function waitText(coming: readonly Coming[]): string {
  const shown = coming.slice(0, SHOWN).map(({ missing, from }) => `${missing}, ${from}`);
  const more = coming.length - shown.length;
  return `waits for ${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

/** Build dependencies that the last attempt of a build missed. */
export function missingOf(row: { readonly result: string | null }): readonly string[] {
  return row.result === null ? [] : (JSON.parse(row.result) as BuildResult).missing;
}
