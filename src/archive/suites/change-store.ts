import type { Tx } from "#db";
import { inParts } from "../in-parts.ts";
import type { ArchiveDistribution } from "../types.ts";
import type { RollbackEntry } from "./rollback-plan.ts";
import type { ListChange, SuiteChange } from "./suite-state.ts";

/** Writes a planned change. Rows are ended, never deleted: a moment is a query. */

export interface ChangeStamp {
  readonly publish: number;
  readonly time: string;
}

export async function writeChange(
  tx: Tx,
  row: ArchiveDistribution,
  { removed, added, lists }: SuiteChange,
  { publish, time }: ChangeStamp,
): Promise<void> {
  const ended = removed.flatMap(({ membershipId }) => (membershipId === null ? [] : [membershipId]));
  for (const ids of inParts(ended)) {
    await tx
      .updateTable("membership")
      .set({ removed: publish, removed_at: time })
      .where("id", "in", ids)
      .execute();
  }
  for (const some of inParts(added)) {
    const rows = some.map(({ component, packageId, releaseId }) => ({
      distribution_id: row.id,
      component,
      package_id: packageId,
      release_id: releaseId,
      added: publish,
      removed: null,
      added_at: time,
      removed_at: null,
    }));
    await tx.insertInto("membership").values(rows).execute();
  }
  await writeLists(tx, row, lists, { publish, time });
}

async function writeLists(
  tx: Tx,
  row: ArchiveDistribution,
  lists: readonly ListChange[],
  { publish, time }: ChangeStamp,
): Promise<void> {
  for (const ids of inParts(lists.flatMap(endedRows))) {
    await tx.updateTable("rollback_membership").set({ removed: publish }).where("id", "in", ids).execute();
  }
  const come = lists.flatMap((list) =>
    newPositions(list).map(({ position, releaseId, listedAt = time, pinned }) => ({
      distribution_id: row.id,
      component: list.component,
      source: list.source,
      position,
      release_id: releaseId,
      added: publish,
      removed: null,
      listed_at: listedAt,
      pinned: pinned === true ? (1 as const) : (0 as const),
    })),
  );
  for (const some of inParts(come)) await tx.insertInto("rollback_membership").values(some).execute();
  for (const ids of inParts(lists.flatMap(listedAnew))) {
    await tx.updateTable("rollback_membership").set({ listed_at: time }).where("id", "in", ids).execute();
  }
}

/** Rows whose position holds something else afterwards. */
function endedRows({ rows, after }: ListChange): number[] {
  return rows
    .filter(({ position, releaseId }) => after[position]?.releaseId !== releaseId)
    .map(({ id }) => id);
}

/** Rows of releases that were live, and come back to the position that they had. */
function listedAnew({ rows, after }: ListChange): number[] {
  return rows.flatMap(({ id, position, releaseId }) => {
    const entry = after[position];
    return entry?.releaseId === releaseId && entry.listedAt === undefined ? [id] : [];
  });
}

function newPositions({ rows, after }: ListChange): (RollbackEntry & { readonly position: number })[] {
  return after
    .map((entry, position) => ({ ...entry, position }))
    .filter(
      (entry) => !rows.some((row) => row.position === entry.position && row.releaseId === entry.releaseId),
    );
}

/** Positions of rollbacks that show something else afterwards. */
export function changedRollbacks(lists: readonly ListChange[]): Set<number> {
  return new Set(
    lists.flatMap((list) => [
      ...newPositions(list).map(({ position }) => position),
      ...list.rows
        .filter(({ position, releaseId }) => list.after[position]?.releaseId !== releaseId)
        .map(({ position }) => position),
    ]),
  );
}
