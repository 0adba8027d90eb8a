import type { PackageKind, PreparedPackage, PreparedRelease } from "../types.ts";

/** A change of what a live distribution (and its rollbacks) holds. Versions of sources compare as dpkg does. */
export type ChangeRequest =
  | CopyRequest
  | CopyAllRequest
  | RemoveRequest
  | RestoreRequest
  | ExpireRequest
  | InstallRequest
  | AddRequest;

/** One source with all its packages as `from` holds it; `from` keeps it. */
export interface CopyRequest {
  readonly kind: "copy";
  /** Live or rollback. From a rollback to its own live distribution it is a restore. */
  readonly from: string;
  readonly to: string;
  readonly source: string;
  /** Of the source; without, the highest release and the packages without one. */
  readonly version?: string;
  /** In `from`; without, the only one that has the source. */
  readonly component?: string;
  /** In `to`; without, the same. */
  readonly toComponent?: string;
  /** A higher version in `to` may be replaced. */
  readonly force?: boolean;
  /** All packages of the version come, or nothing changes; without, those that something higher is in the way of stay. */
  readonly whole?: boolean;
}

/** Everything of a live distribution. */
export interface CopyAllRequest {
  readonly kind: "copy-all";
  readonly from: string;
  readonly to: string;
  /** Higher versions in `to` may be replaced. */
  readonly force?: boolean;
}

export interface RemoveRequest {
  readonly kind: "remove";
  /** Of a rollback, the following positions move up. */
  readonly distribution: string;
  readonly source: string;
  /** Of the source; without, all versions. */
  readonly version?: string;
  readonly component?: string;
  /** Only packages of this architecture, which came without a release. */
  readonly arch?: string;
  /** Default true: what leaves a live distribution goes to its rollback list. */
  readonly keepRollback?: boolean;
}

/** A release of a rollback list becomes the live one again and leaves the list; what was live becomes rollback 0. */
export interface RestoreRequest {
  readonly kind: "restore";
  /** The rollback distribution. */
  readonly distribution: string;
  readonly source: string;
  readonly version?: string;
  readonly component?: string;
  /** The live distribution may hold the source now. */
  readonly replace?: boolean;
}

/** Rollback lists lose what left the live distribution before a time; the following positions move up. */
export interface ExpireRequest {
  readonly kind: "expire";
  /** The live distribution. */
  readonly distribution: string;
  /** ISO-8601 */
  readonly listedBefore: string;
}

/** A source with all that was built from it. */
export interface InstallRequest {
  readonly kind: "install";
  readonly distribution: string;
  readonly release: PreparedRelease;
  /** A higher version may be replaced. */
  readonly force?: boolean;
}

/** Packages without a release: each replaces lower versions of the same name, architecture and kind. */
export interface AddRequest {
  readonly kind: "add";
  readonly distribution: string;
  readonly component: string;
  readonly packages: readonly PreparedPackage[];
  /** What to do with a version lower than what is there; default `refuse`. */
  readonly lower?: "refuse" | "skip" | "replace";
}

export interface PlannedPackage {
  readonly kind: PackageKind;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
}

/** Packages of one source version in one component. */
export interface PlannedEntry {
  readonly component: string;
  readonly source: string;
  readonly version: string;
  /** What comes or goes; of a live distribution only: a rollback holds releases as a whole. */
  readonly packages?: readonly PlannedPackage[];
  /** Distribution that it comes from, or that it goes to. */
  readonly other?: string;
}

/** What changes in one distribution. */
export interface DistributionPlan {
  readonly distribution: string;
  readonly added: readonly PlannedEntry[];
  readonly removed: readonly PlannedEntry[];
}

/** What stays as it is though it was asked for. */
export interface SkippedEntry {
  readonly component: string;
  readonly source: string;
  readonly version: string;
  /** `same`: it is there; `lower`: a higher version is; `elsewhere`: another component has it; `component`: there is none of that name. */
  readonly reason: "same" | "lower" | "elsewhere" | "component";
  /** The higher version, or the component. */
  readonly there?: string;
}

/** What a change would do, or did; JSON. */
export interface ChangePlan {
  readonly kind: ChangeRequest["kind"];
  readonly repository: string;
  /** Those that change, the live one first; none when there is nothing to do. */
  readonly distributions: readonly DistributionPlan[];
  readonly skipped: readonly SkippedEntry[];
  /** Rollback lists of the sources that change, as they are then: versions, position 0 first. */
  readonly rollbacks: readonly {
    readonly component: string;
    readonly source: string;
    readonly versions: readonly string[];
  }[];
}

export interface AppliedChange {
  /** Clients see the change when `changed` have published this or a higher number. */
  readonly publish: number;
  /** Names of the distributions to publish, the live one first. */
  readonly changed: readonly string[];
  readonly plan: ChangePlan;
  /** Of what was installed. */
  readonly releaseId?: number;
}
