import type { Executor, Tx } from "#db";
import { isoNow, MbdError } from "#platform";
import { distributionNamed, PUBLISH_KIND } from "../suites/index.ts";
import type { ArchiveDistribution, Counts, PublishQueue } from "../types.ts";
import type { PastDeps } from "./past-files.ts";
import { checkSnapshotName, snapshotSuite } from "./snapshot-name.ts";
import {
  countsAt,
  deleteSnapshotRow,
  insertSnapshot,
  type SnapshotRow,
  snapshotsOf,
} from "./snapshot-store.ts";

/** A named state of a distribution; clients find it as suite `<distribution>/snapshots/<name>`. */
export interface Snapshot {
  readonly distribution: string;
  readonly name: string;
  readonly suite: string;
  /** Its content is that after this publish. */
  readonly publish: number;
  /** ISO-8601. */
  readonly createdAt: string;
  readonly createdBy: string;
}

export interface ListedSnapshot extends Snapshot, Counts {}

export interface SnapshotRequest {
  readonly distribution: string;
  readonly name: string;
}

export interface SnapshotDeps extends PastDeps {
  readonly queue: PublishQueue;
}

/**
 * Keeps the state that a distribution is wanted to show now under a name. Files come with its next publish, which is
 * asked for in the same transaction.
 * @throws MbdError bad_argument, not_found, snapshot_exists
 */
export async function createSnapshot(
  deps: SnapshotDeps,
  tx: Tx,
  { distribution, name, by }: SnapshotRequest & { readonly by: string },
): Promise<Snapshot> {
  checkSnapshotName(name);
  const row = await existing(tx, distribution);
  const snapshot = {
    distribution_id: row.id,
    ...{ name, publish: row.wanted_publish, created_at: isoNow(deps.clock), created_by: by },
  };
  if (!(await insertSnapshot(tx, snapshot))) throw new MbdError("snapshot_exists", { distribution, name });
  await askForFiles(deps, tx, row);
  return view(row, snapshot);
}

/** Forgets a name; files go with the next publish, as they come. @throws MbdError not_found */
export async function deleteSnapshot(
  deps: SnapshotDeps,
  tx: Tx,
  { distribution, name }: SnapshotRequest,
): Promise<void> {
  const row = await existing(tx, distribution);
  if (!(await deleteSnapshotRow(tx, row.id, name)))
    throw new MbdError("not_found", { what: `Snapshot '${name}' of ${distribution}` });
  await askForFiles(deps, tx, row);
}

/** By name. @throws MbdError not_found */
export async function listSnapshots(db: Executor, distribution: string): Promise<ListedSnapshot[]> {
  const row = await existing(db, distribution);
  const snapshots = await snapshotsOf(db, row.id);
  const counts = new Map<number, Counts>();
  // Each state is counted once: that takes longer than all the rest.
  for (const publish of new Set(snapshots.map((snapshot) => snapshot.publish)))
    counts.set(publish, await countsAt(db, row, publish));
  return snapshots.map((snapshot) => ({
    ...view(row, snapshot),
    ...(counts.get(snapshot.publish) ?? { sources: 0, packages: 0 }),
  }));
}

/** Has files made or removed wherever there are snapshots: a crash or a restore may have left others. */
export async function askForSnapshots(deps: SnapshotDeps): Promise<void> {
  const rows = await deps.db.read
    .selectFrom("archive_distribution")
    .selectAll()
    .where("id", "in", (eb) => eb.selectFrom("snapshot").select("distribution_id"))
    .execute();
  if (rows.length === 0) return;
  await deps.db.write(async (tx) => {
    for (const row of rows) await askForFiles(deps, tx, row);
  });
}

async function askForFiles(deps: SnapshotDeps, tx: Tx, row: ArchiveDistribution): Promise<void> {
  await deps.queue.enqueue(tx, { kind: PUBLISH_KIND, subject: `${row.repository}/${row.name}` });
}

async function existing(db: Executor, distribution: string): Promise<ArchiveDistribution> {
  const row = await distributionNamed(db, distribution);
  if (row === undefined) throw new MbdError("not_found", { what: `Distribution '${distribution}'` });
  return row;
}

function view(
  { name: distribution }: ArchiveDistribution,
  { name, publish, created_at, created_by }: Omit<SnapshotRow, "id">,
): Snapshot {
  const suite = snapshotSuite(distribution, name);
  return {
    distribution,
    name,
    suite,
    publish: Number(publish),
    createdAt: created_at,
    createdBy: created_by,
  };
}
