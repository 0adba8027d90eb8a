export type { ChangeDeps } from "./change-deps.ts";
export { createMirrors, type Mirrors } from "./debmirror.ts";
export { compareSuites, LAYOUTS, type LayoutSpec, type SuiteSpec } from "./layouts.ts";
export { type Migrated, type MigrateRequest, migrate, planMigrate } from "./migrate.ts";
export {
  createNamedSnapshot,
  deleteNamedSnapshot,
  namedSnapshots,
  planCreateSnapshot,
  planDeleteSnapshot,
} from "./named-snapshots.ts";
export { publishNow } from "./publish-now.ts";
export { planRemoveSource, type Removed, type RemoveSourceRequest, removeSource } from "./remove.ts";
export {
  archiveDistributions,
  createRepositoryService,
  type NewDistribution,
  type NewRepository,
  type RepositoryService,
} from "./repository-service.ts";
export {
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
