import type { ArchiveReport, ArchiveRequest } from "#api";
import { checkSnapshotName } from "#archive";
import type { Tx } from "#db";
import { MbdError } from "#platform";
import { publishCommitted, recordSnapshot } from "#repositories";
import { ADMINISTRATOR, type ArchiveHandDeps } from "./deps.ts";
import { withUnpublished } from "./lines.ts";

type Requested<C extends ArchiveRequest["command"]> = Extract<ArchiveRequest, { command: C }>;

/** Only the administrator has a hand here; who that is, the machine knows. */
const BY = "administrator";

export async function createSnapshot(
  deps: ArchiveHandDeps,
  { distribution, name, wait, dryRun }: Requested<"snapshot-create">,
): Promise<ArchiveReport> {
  const { archive } = deps;
  if (dryRun === true) {
    checkSnapshotName(name);
    const there = await archive.snapshotList(distribution);
    if (there.some((snapshot) => snapshot.name === name))
      throw new MbdError("snapshot_exists", { distribution, name });
    return {
      lines: [`${distribution}: its present state would be kept as ${distribution}/snapshots/${name}`],
      result: { dryRun: true, distribution, name },
    };
  }
  const snapshot = await archive.snapshotCreate(
    { distribution, name, by: BY },
    { wait: false, alongside: (tx) => record(deps, tx, "create", { distribution, name }) },
  );
  const report = {
    lines: [`${distribution}: its present state is kept as ${snapshot.suite}`],
    result: { dryRun: false, ...snapshot },
  };
  return withUnpublished(report, wait === false ? [] : await publishCommitted(deps, [distribution]));
}

async function record(
  { events }: ArchiveHandDeps,
  tx: Tx,
  action: "create" | "delete",
  snapshot: { readonly distribution: string; readonly name: string },
): Promise<void> {
  await recordSnapshot(tx, events, { action, snapshot, actor: ADMINISTRATOR });
}

export async function deleteSnapshot(
  deps: ArchiveHandDeps,
  { distribution, name, wait, dryRun }: Requested<"snapshot-delete">,
): Promise<ArchiveReport> {
  const { archive } = deps;
  const report = {
    lines: [`${distribution}/snapshots/${name} ${dryRun === true ? "would be" : "is"} deleted`],
    result: { dryRun: dryRun === true, distribution, name },
  };
  if (dryRun === true) {
    const there = await archive.snapshotList(distribution);
    if (!there.some((snapshot) => snapshot.name === name))
      throw new MbdError("not_found", { what: `Snapshot '${name}' of ${distribution}` });
    return report;
  }
  await archive.snapshotDelete(
    { distribution, name },
    { wait: false, alongside: (tx) => record(deps, tx, "delete", { distribution, name }) },
  );
  return withUnpublished(report, wait === false ? [] : await publishCommitted(deps, [distribution]));
}

export async function listSnapshots(
  { archive }: ArchiveHandDeps,
  { distribution }: Requested<"snapshot-list">,
): Promise<ArchiveReport> {
  const snapshots = await archive.snapshotList(distribution);
  return {
    lines: snapshots.map(
      ({ name, createdAt, createdBy, sources, packages }) =>
        `${name} ${createdAt} by ${createdBy}: ${sources} sources, ${packages} packages`,
    ),
    result: { distribution, snapshots },
  };
}
