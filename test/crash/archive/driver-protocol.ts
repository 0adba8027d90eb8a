import type { ReleaseInput } from "#archive";
import type { MadeRelease } from "./packages.ts";

/** First line on the driver's standard input, as JSON: a driver waits for it, so that it may be started ahead. */
export type Order = SetupOrder | WorkOrder | FinishOrder;

interface Common {
  readonly home: string;
  readonly gnupg: string;
  readonly fingerprint: string;
  /** What the driver takes for the present, ISO-8601; its clock goes on from there. */
  readonly now: string;
}

/** Makes the distributions and stores the files; prints `result` with the releases. */
export interface SetupOrder extends Common {
  readonly mode: "setup";
  readonly releases: readonly MadeRelease[];
}

/** Changes the archive at random until it is killed. */
export interface WorkOrder extends Common {
  readonly mode: "work";
  readonly releases: readonly ReleaseInput[];
  readonly seed: number;
  /** Where the driver kills itself; without, or without end, it goes on. */
  readonly killAt?: { readonly step: string; readonly time: number };
  /** Ends by itself after so many changes are published. */
  readonly changes?: number;
}

/** Does what is pending, publishes all once more, and ends. */
export interface FinishOrder extends Common {
  readonly mode: "finish";
}

export const REPOSITORY = "test";
export const UNSTABLE = "bookworm-test-unstable";
export const STABLE = "bookworm-test-stable";
export const COMPONENTS = ["main", "contrib"];
export const ARCHITECTURES = ["amd64", "arm64"];
/** What apt clients of the tests look at. */
export const WATCHED = [UNSTABLE, `${UNSTABLE}-rollback0`, STABLE];
