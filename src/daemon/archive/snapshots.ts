import type { ArchiveReport, ArchiveRequest } from "#api";
import { checkSnapshotName } from "#archive";
import { MbdError } from "#platform";
import type { ArchiveHandDeps } from "./deps.ts";

type Requested<C extends ArchiveRequest["command"]> = Extract<ArchiveRequest, { command: C }>;

/** Only the administrator has a hand here; who that is, the machine knows. */
const BY = "administrator";

export async function createSnapshot(
  { archive }: ArchiveHandDeps,
  { distribution, name, wait, dryRun }: Requested<"snapshot-create">,
): Promise<ArchiveReport> {
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
  const snapshot = await archive.snapshotCreate({ distribution, name, by: BY }, { wait: wait !== false });
  return {
    lines: [`${distribution}: its present state is kept as ${snapshot.suite}`],
    result: { dryRun: false, ...snapshot },
  };
}

export async function deleteSnapshot(
  { archive }: ArchiveHandDeps,
  { distribution, name, wait, dryRun }: Requested<"snapshot-delete">,
): Promise<ArchiveReport> {
  if (dryRun === true) {
    const there = await archive.snapshotList(distribution);
    if (!there.some((snapshot) => snapshot.name === name))
      throw new MbdError("not_found", { what: `Snapshot '${name}' of ${distribution}` });
  } else await archive.snapshotDelete({ distribution, name }, { wait: wait !== false });
  return {
    lines: [`${distribution}/snapshots/${name} ${dryRun === true ? "would be" : "is"} deleted`],
    result: { dryRun: dryRun === true, distribution, name },
  };
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
