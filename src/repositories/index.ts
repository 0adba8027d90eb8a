export { autoMigrate, autoMigratedText } from "./auto-migrate.ts";
export { autoSnapshots } from "./auto-snapshots.ts";
export type { ChangeDeps } from "./change-deps.ts";
export { recordChange, recordSnapshot } from "./change-events.ts";
export { createMirrors, type Mirrors } from "./debmirror.ts";
export { createHolds, type Hold, type Holds, holdsOf } from "./holds.ts";
export { createLayouts, type LayoutChanged, type Layouts } from "./layout-service.ts";
export { findLayout, type KnownLayout, knownLayouts } from "./layout-store.ts";
export { formatLayout, layoutJson, parseLayout } from "./layout-text.ts";
export { compareSuites, LAYOUT_NAMES, LAYOUTS, type LayoutSpec, type SuiteSpec } from "./layouts.ts";
export { ambiguousMetas } from "./meta-distributions.ts";
export { type Migrated, type MigrateRequest, migrate, planMigrate } from "./migrate.ts";
export {
  createNamedSnapshot,
  deleteNamedSnapshot,
  namedSnapshots,
  planCreateSnapshot,
  planDeleteSnapshot,
} from "./named-snapshots.ts";
export { publishCommitted, publishNow, type Unpublished } from "./publish-now.ts";
export { planRemoveSource, type Removed, type RemoveSourceRequest, removeSource } from "./remove.ts";
export {
  createRepositoryService,
  type NewDistribution,
  type NewRepository,
  type RepositoryService,
} from "./repository-service.ts";
export {
  activeDistributions,
  type DistributionRows,
  distributionsOf,
  distributionsOfAll,
  findRepository,
  listRepositories,
} from "./repository-store.ts";
export {
  distributionName,
  type ResolvedDistribution,
  resolveDistribution,
  resolveUploadTarget,
} from "./resolve.ts";
export {
  createSettings,
  type EnsureDistribution,
  extraPriority,
  type Settings,
  type SettingsChanged,
  type SettingView,
  type SubjectKind,
} from "./settings/index.ts";
