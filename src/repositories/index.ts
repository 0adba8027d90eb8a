export { compareSuites, LAYOUTS, type LayoutSpec, type SuiteSpec } from "./layouts.ts";
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
  findRepository,
  listRepositories,
} from "./repository-store.ts";
export {
  distributionName,
  type ResolvedDistribution,
  resolveDistribution,
  resolveUploadTarget,
} from "./resolve.ts";
