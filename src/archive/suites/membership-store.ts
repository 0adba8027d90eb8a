import type { AliasedExpression } from "kysely";
import type { Executor } from "#db";
import type { ArchiveDistribution } from "../types.ts";

/** The present: later than every publish. */
export const NOW = Number.MAX_SAFE_INTEGER;

export interface ContentRow {
  package_id: number;
  component: string;
  release_id: number | null;
  added: number;
}

/**
 * Packages of a distribution at a publish, as `c` to join with: those added by then and not yet removed, so later
 * changes do not disturb one who reads an earlier state.
 */
export function contentAt(
  db: Executor,
  distribution: ArchiveDistribution,
  at: number,
): AliasedExpression<ContentRow, "c"> {
  if (distribution.kind === "rollback") {
    return db
      .selectFrom("rollback_membership as rm")
      .innerJoin("release_package as rp", "rp.release_id", "rm.release_id")
      .select(["rp.package_id", "rm.component", "rm.release_id", "rm.added"])
      .where("rm.distribution_id", "=", distribution.live_id ?? -1)
      .where("rm.position", "=", distribution.position ?? -1)
      .where("rm.added", "<=", at)
      .where((eb) => eb.or([eb("rm.removed", "is", null), eb("rm.removed", ">", at)]))
      .$castTo<ContentRow>()
      .as("c");
  }
  return db
    .selectFrom("membership as m")
    .select(["m.package_id", "m.component", "m.release_id", "m.added"])
    .where("m.distribution_id", "=", distribution.id)
    .where("m.added", "<=", at)
    .where((eb) => eb.or([eb("m.removed", "is", null), eb("m.removed", ">", at)]))
    .as("c");
}
