/** Transitions of pipeline.md 3, from state to the states that may follow. End states have none. */
export const UPLOAD_TRANSITIONS = {
  RECEIVED: ["VERIFYING", "REJECTED"],
  VERIFYING: ["ACCEPTED", "REJECTED", "RECEIVED"],
  ACCEPTED: [],
  REJECTED: [],
} as const;

export const PACKAGING_TRANSITIONS = {
  QUEUED: ["BUILDING", "FAILED", "CANCELLED"],
  BUILDING: ["INSTALLING", "FAILED", "CANCELLED"],
  INSTALLING: ["INSTALLED", "FAILED"],
  INSTALLED: [],
  FAILED: [],
  CANCELLED: [],
} as const;

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
  const open = builds.filter((build) => !ENDED.includes(build.state));
  return open.length > 0 && open.every((build) => build.state === "DEP_WAIT");
}
