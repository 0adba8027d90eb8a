/** States and the ways between them, by their numbers in pipeline.md 3; U1, U2 and P1 make the rows. */
export interface Transition {
  readonly from: readonly string[];
  readonly to: string;
}

export const UPLOAD_TRANSITIONS = {
  U3: { from: ["RECEIVED"], to: "VERIFYING" },
  U4: { from: ["VERIFYING"], to: "ACCEPTED" },
  /** RECEIVED: its job was given up before it ever began. */
  U5: { from: ["RECEIVED", "VERIFYING"], to: "REJECTED" },
  U6: { from: ["VERIFYING"], to: "RECEIVED" },
} as const satisfies Record<string, Transition>;
export type UploadTransition = keyof typeof UPLOAD_TRANSITIONS;

export const PACKAGING_TRANSITIONS = {
  P2: { from: ["QUEUED"], to: "BUILDING" },
  P3: { from: ["BUILDING"], to: "INSTALLING" },
  /** QUEUED: it could not be found out what to build. */
  P4: { from: ["QUEUED", "BUILDING"], to: "FAILED" },
  P5: { from: ["QUEUED", "BUILDING"], to: "CANCELLED" },
  P6: { from: ["INSTALLING"], to: "INSTALLED" },
  P7: { from: ["INSTALLING"], to: "FAILED" },
} as const satisfies Record<string, Transition>;
export type PackagingTransition = keyof typeof PACKAGING_TRANSITIONS;

/** What the builds of a packaging amount to. */
export type BuildsOutcome =
  | { readonly kind: "open" }
  | { readonly kind: "good" }
  | { readonly kind: "bad"; readonly failed: readonly { readonly arch: string; readonly reason: string }[] };

interface BuildFacts {
  readonly arch: string;
  readonly state: string;
  readonly reason: string | null;
  readonly optional: number;
}

type OptionalFacts = Pick<BuildFacts, "state" | "optional"> & { readonly ended_at: string | null };

const GOOD = ["BUILT", "SKIPPED"];
const ENDED = [...GOOD, "FAILED", "CANCELLED"];

/**
 * Completion (pipeline.md 6.2): good when every mandatory build is BUILT or SKIPPED and no optional one is open; bad when
 * every mandatory one ended and one of them is not good (the others go on until then: their logs are wanted).
 */
export function outcomeOf(builds: readonly BuildFacts[]): BuildsOutcome {
  const mandatory = builds.filter((build) => !build.optional);
  if (mandatory.some((build) => !ENDED.includes(build.state))) return { kind: "open" };
  const failed = mandatory
    .filter((build) => !GOOD.includes(build.state))
    .map((build) => ({ arch: build.arch, reason: build.reason ?? build.state.toLowerCase() }));
  if (failed.length > 0) return { kind: "bad", failed };
  return builds.every((build) => ENDED.includes(build.state)) ? { kind: "good" } : { kind: "open" };
}

/** Some builds are open, and all of these wait for their dependencies. */
export function onlyWaits(builds: readonly Pick<BuildFacts, "state">[]): boolean {
  const open = builds.filter((build) => !isEnded(build.state));
  return open.length > 0 && open.every((build) => build.state === "DEP_WAIT");
}

/** A build that is needed did not end well, whatever the others do. */
export function oneFailed(builds: readonly Pick<BuildFacts, "state" | "optional">[]): boolean {
  return builds.some(({ state, optional }) => !optional && isEnded(state) && !GOOD.includes(state));
}

/**
 * Since when only optional builds keep a good packaging of `since` from being installed; undefined when they do not.
 * Builds that a retry took over had ended before it began.
 */
export function optionalAwaitedSince(builds: readonly OptionalFacts[], since: string): string | undefined {
  const mandatory = builds.filter(({ optional }) => !optional);
  const waits = builds.some(({ state, optional }) => optional && !isEnded(state));
  if (!waits || !mandatory.every(({ state }) => GOOD.includes(state))) return undefined;
  const ends = mandatory.map(({ ended_at }) => ended_at ?? since);
  return [...ends, since].sort().at(-1);
}

export function isEnded(state: string): boolean {
  return ENDED.includes(state);
}
