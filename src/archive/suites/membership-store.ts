import type { AliasedExpression } from "kysely";
import type { Executor, Tx } from "#db";
import type { ArchiveDistribution } from "../types.ts";
import type { RollbackEntry } from "./rollback-plan.ts";

/** Rows of `membership` and `rollback_membership`. They are never deleted here: a moment is a query. */

export interface CurrentMember {
  readonly id: number;
  readonly packageId: number;
  /** Null for packages that came without a release. */
  readonly releaseId: number | null;
  readonly component: string;
  /** Of the source. */
  readonly version: string;
}

/** All packages of a source in a live distribution. */
export async function currentMembers(
  db: Executor,
  distributionId: number,
  source: string,
): Promise<CurrentMember[]> {
  return await db
    .selectFrom("membership as m")
    .innerJoin("package as p", "p.id", "m.package_id")
    .select([
      "m.id",
      "m.package_id as packageId",
      "m.release_id as releaseId",
      "m.component",
      "p.source_version as version",
    ])
    .where("m.distribution_id", "=", distributionId)
    .where("m.removed", "is", null)
    .where("p.source", "=", source)
    .orderBy("m.id")
    .execute();
}

export interface Change {
  readonly publish: number;
  readonly time: string;
}

export async function removeMembers(tx: Tx, ids: readonly number[], change: Change): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable("membership")
    .set({ removed: change.publish, removed_at: change.time })
    .where("id", "in", [...ids])
    .execute();
}

export async function addMembers(
  tx: Tx,
  to: { readonly distributionId: number; readonly component: string; readonly releaseId: number | null },
  packageIds: readonly number[],
  change: Change,
): Promise<void> {
  const rows = packageIds.map((packageId) => ({
    distribution_id: to.distributionId,
    component: to.component,
    package_id: packageId,
    release_id: to.releaseId,
    added: change.publish,
    removed: null,
    added_at: change.time,
    removed_at: null,
  }));
  await tx.insertInto("membership").values(rows).execute();
}

/** The rollback list of (live distribution, component, source), position 0 first. */
export async function rollbackList(
  db: Executor,
  list: { readonly distributionId: number; readonly component: string; readonly source: string },
): Promise<RollbackEntry[]> {
  return await db
    .selectFrom("rollback_membership as rm")
    .innerJoin("release as r", "r.id", "rm.release_id")
    .select(["rm.release_id as releaseId", "r.version"])
    .where("rm.distribution_id", "=", list.distributionId)
    .where("rm.component", "=", list.component)
    .where("rm.source", "=", list.source)
    .where("rm.removed", "is", null)
    .orderBy("rm.position")
    .execute();
}

/** Makes the given positions of a rollback list what `after` says. */
export async function writeRollbacks(
  tx: Tx,
  list: { readonly distributionId: number; readonly component: string; readonly source: string },
  positions: readonly number[],
  after: readonly RollbackEntry[],
  publish: number,
): Promise<void> {
  if (positions.length === 0) return;
  await tx
    .updateTable("rollback_membership")
    .set({ removed: publish })
    .where("distribution_id", "=", list.distributionId)
    .where("component", "=", list.component)
    .where("source", "=", list.source)
    .where("removed", "is", null)
    .where("position", "in", [...positions])
    .execute();
  for (const position of positions) {
    const entry = after[position];
    if (entry === undefined) continue;
    await tx
      .insertInto("rollback_membership")
      .values({
        distribution_id: list.distributionId,
        component: list.component,
        source: list.source,
        position,
        release_id: entry.releaseId,
        added: publish,
        removed: null,
      })
      .execute();
  }
}

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
