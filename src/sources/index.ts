export { type AptProxy, type AptProxyOptions, createAptProxy } from "./apt-proxy.ts";
export { createFetch, type Fetch, type Fetched, type FetchOptions } from "./fetch.ts";
export { isBelow, openDownload } from "./guarded-download.ts";
export { findMachineSources, type MachineSource, readAptSources } from "./machine-sources.ts";
export { MAX_REDIRECTS, redirectTarget } from "./redirect.ts";
export { parseRelease, type ReleaseFile } from "./release-file.ts";
export type { SourceMatch } from "./release-rules.ts";
export type { NewSource, SourceChange } from "./source-fields.ts";
export {
  createSourceService,
  SOURCE_CHECK,
  type SourceService,
  type SourceServiceDeps,
} from "./source-service.ts";
export {
  archiveUrls,
  findSource,
  findSourceByName,
  listSources,
  type Source,
  sourceName,
} from "./source-store.ts";
export { type SourceFacts, sourceTrouble } from "./source-trouble.ts";
export type { IndexedDsc } from "./sources-index.ts";
