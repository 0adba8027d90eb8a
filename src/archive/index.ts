export { type Archive, type ArchiveDeps, createArchive, type SnapshotOptions } from "./archive.ts";
export type { BulkOptions, PreparedBatch } from "./bulk/index.ts";
export {
  type ImportPlan,
  type ImportReport,
  type ImportRequest,
  importRepository,
  planImport,
} from "./import/index.ts";
export type { ListedPackage } from "./listing.ts";
export {
  checkSnapshotName,
  type ListedSnapshot,
  type Moment,
  type Snapshot,
  type SnapshotRequest,
} from "./moments/index.ts";
export { poolDirectory, poolPath, poolPrefix } from "./pool-path.ts";
export { PUBLISH_STEPS, type PublishStep, publishJob } from "./publish/index.ts";
export type * from "./suites/change-request.ts";
export {
  changedRetention,
  chooseFound,
  type PinnedRollback,
  PUBLISH_KIND,
  type RetentionChange,
  type RollbackPin,
} from "./suites/index.ts";
export type * from "./types.ts";
export type {
  CheckOptions,
  CheckReport,
  ExpiredRollback,
  Finding,
  GcOptions,
  GcReport,
  Pin,
  VerifyRelease,
} from "./upkeep/index.ts";
