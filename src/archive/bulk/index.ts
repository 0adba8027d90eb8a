export {
  type BulkDeps,
  type BulkOptions,
  type PreparedBatch,
  preparePackages,
} from "./prepare-packages.ts";
export { type DebInput, type PreparedDeb, readDebs, SMALL_BYTES } from "./read-debs.ts";
export { MAX_DSC_BYTES, type ReadDsc, readDsc, readSource } from "./read-source.ts";
export type { StoredFile } from "./stored-file.ts";
