export { type AptProxy, type AptProxyOptions, createAptProxy } from "./apt-proxy.ts";
export { createFetch, type Fetch, type Fetched, type FetchOptions } from "./fetch.ts";
export { findMachineSources, type MachineSource, readAptSources } from "./machine-sources.ts";
export { MAX_REDIRECTS, redirectLocation, redirectTarget } from "./redirect.ts";
export { parseRelease, type ReleaseFile } from "./release-file.ts";
export type { SourceMatch } from "./release-rules.ts";
export type { NewSource, SourceChange } from "./source-fields.ts";
export {
  createSourceService,
  SOURCE_CHECK,
  type SourceService,
  type SourceServiceDeps,
} from "./source-service.ts";
export { findSource, findSourceByName, listSources, type Source, sourceName } from "./source-store.ts";
export type { IndexedDsc } from "./sources-index.ts";
