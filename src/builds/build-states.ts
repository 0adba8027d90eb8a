/** States of a build row and the ways between them (pipeline.md 3, B1 to B16). */
export const BUILD_STATES = [
  "QUEUED",
  "LEASED",
  "BUILDING",
  "UPLOADING",
  "DEP_WAIT",
  "BUILT",
  "SKIPPED",
  "FAILED",
  "CANCELLED",
] as const;

export type BuildState = (typeof BUILD_STATES)[number];

/** They never change. */
export const END_STATES: readonly BuildState[] = ["BUILT", "SKIPPED", "FAILED", "CANCELLED"];
/** A worker is at it: only its attempt and fence may write. */
export const WORKING_STATES: readonly BuildState[] = ["LEASED", "BUILDING", "UPLOADING"];

export interface Transition {
  readonly from: readonly BuildState[];
  readonly to: BuildState;
  /** The writer must hold the attempt and fence of the row. */
  readonly fenced: boolean;
}

const UPLOADING = ["UPLOADING"] as const;

/** B1 and B2, which make the row, belong to packaging. */
export const BUILD_TRANSITIONS = {
  B3: { from: ["QUEUED"], to: "LEASED", fenced: false },
  B4: { from: ["LEASED"], to: "BUILDING", fenced: true },
  // LEASED: its runner ended before the daemon that started it could write B4.
  B5: { from: ["LEASED", "BUILDING", "UPLOADING"], to: "UPLOADING", fenced: true },
  B6: { from: UPLOADING, to: "BUILT", fenced: true },
  B7: { from: UPLOADING, to: "FAILED", fenced: true },
  B8: { from: UPLOADING, to: "QUEUED", fenced: true },
  B9: { from: WORKING_STATES, to: "FAILED", fenced: true },
  B10: { from: UPLOADING, to: "DEP_WAIT", fenced: true },
  B11: { from: ["DEP_WAIT"], to: "QUEUED", fenced: false },
  B12: { from: ["DEP_WAIT"], to: "FAILED", fenced: false },
  B13: { from: UPLOADING, to: "SKIPPED", fenced: true },
  B14: { from: WORKING_STATES, to: "QUEUED", fenced: true },
  B15: { from: ["QUEUED"], to: "FAILED", fenced: false },
  /** Nobody is at it. */
  B16: { from: ["QUEUED", "DEP_WAIT"], to: "CANCELLED", fenced: false },
  /** B16 by the worker, after it has ended the build. */
  B16w: { from: WORKING_STATES, to: "CANCELLED", fenced: true },
} as const satisfies Record<string, Transition>;

export type TransitionName = keyof typeof BUILD_TRANSITIONS;

export function isEnd(state: string): boolean {
  return (END_STATES as readonly string[]).includes(state);
}

export function isWorking(state: string): boolean {
  return (WORKING_STATES as readonly string[]).includes(state);
}
