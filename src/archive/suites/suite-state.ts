import type { PackageKind } from "../types.ts";
import type { RollbackEntry } from "./rollback-plan.ts";

/** What plans are made on: the part of a live suite that a change can touch, as plain values. */

export interface PackageFacts {
  /** Below 0 while the package has no row. */
  readonly packageId: number;
  readonly kind: PackageKind;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly source: string;
  readonly sourceVersion: string;
}

/** A package in a component. */
export interface Held extends PackageFacts {
  readonly component: string;
  /** Null: it came without. 0: the release that is being installed has no row yet. */
  readonly releaseId: number | null;
  /** Null while it is planned only. */
  readonly membershipId: number | null;
}

export interface SuiteFacts {
  readonly name: string;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  /** Length of rollback lists. */
  readonly rollbacks: number;
  /** Source versions kept for each (component, source). */
  readonly versions: number;
}

/** Row of a rollback list. */
export interface RollbackRow extends RollbackEntry {
  readonly id: number;
  readonly position: number;
}

export interface RollbackList {
  readonly component: string;
  readonly source: string;
  /** Position 0 first. */
  readonly rows: readonly RollbackRow[];
}

export interface SuiteState {
  readonly suite: SuiteFacts;
  /** All packages of each source that is asked about, and of each name that comes without a release. */
  readonly members: readonly Held[];
  readonly lists: readonly RollbackList[];
}

export interface ListChange extends RollbackList {
  readonly after: readonly RollbackEntry[];
}

/** What a plan comes to. */
export interface SuiteChange {
  readonly removed: readonly Held[];
  readonly added: readonly Held[];
  /** Lists that the plan looked at, changed or not. */
  readonly lists: readonly ListChange[];
}

/** Packages of one source version, to be placed in a component. */
export interface Entry {
  readonly component: string;
  readonly source: string;
  readonly version: string;
  /** Null when none of the packages has one. */
  readonly releaseId: number | null;
  readonly packages: readonly Held[];
}
