export {
  type ImportDeps,
  type ImportOptions,
  type ImportPlan,
  type ImportProgress,
  type ImportReport,
  type ImportRequest,
  importRepository,
  planImport,
  type RefusedFile,
} from "./import-repository.ts";
export { openRemote, type Remote } from "./remote.ts";
