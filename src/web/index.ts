export { type Asset, type AssetSet, loadAssets } from "./assets/index.ts";
export { createPages } from "./create-pages.ts";
export { createLayout, type DocumentOptions, renderDocument } from "./document.tsx";
export type { LogReader } from "./log/log-index.ts";
export type { PageDeps, PageRequest, PageResponse, PageRoute, Site } from "./page.ts";
export { errorPage, type Problem } from "./pages/error.tsx";
export { searchAll } from "./read-model/search.ts";
export { troubles, troubleText } from "./read-model/settings.ts";
export { urls } from "./urls.ts";
