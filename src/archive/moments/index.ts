export { announceMoments, snapshotsField } from "./announce.ts";
export { MOMENT_LIMITS, type MomentLimits } from "./moment-limits.ts";
export { listMoments, type Moment, momentAt } from "./moment-list.ts";
export { createMoments, type Moments } from "./moments.ts";
export { settleSnapshots } from "./snapshot-files.ts";
export { checkSnapshotName } from "./snapshot-name.ts";
export {
  askForSnapshots,
  createSnapshot,
  deleteSnapshot,
  type ListedSnapshot,
  listSnapshots,
  type Snapshot,
  type SnapshotRequest,
} from "./snapshots.ts";
