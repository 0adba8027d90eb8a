/** What a check found wrong. */
export type FindingKind =
  | "row_incomplete"
  | "content_lost"
  | "content_damaged"
  | "name_missing"
  | "name_wrong"
  | "not_shown"
  | "release_broken"
  | "signature_bad"
  | "expired"
  | "index_missing"
  | "index_damaged"
  | "index_outdated"
  | "publish_hangs"
  | "snapshot_missing";

export interface Finding {
  readonly kind: FindingKind;
  /** A path below the repositories, or a distribution. */
  readonly where: string;
  /** What is wrong and, where nobody but the administrator can mend it, what to do. */
  readonly what: string;
  readonly repaired: boolean;
}
