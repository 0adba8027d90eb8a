export { type Asset, type AssetSet, loadAssets } from "./assets/index.ts";
export { ASSET_HEADERS, createPages, PAGE_HEADERS } from "./create-pages.ts";
export { type DocumentOptions, renderDocument } from "./document.tsx";
export type { LogChunk, ReadLog } from "./log/log-index.ts";
export type { PageDeps, PageRequest, PageResponse, PageRoute, Site } from "./page.ts";
export { errorPage, type Problem } from "./pages/error.tsx";
