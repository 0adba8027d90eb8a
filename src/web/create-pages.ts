import { createLogIndex } from "./log/log-index.ts";
import type { PageContext, PageDeps, PageRequest, PageResponse, PageRoute } from "./page.ts";
import { buildPage } from "./pages/build.tsx";
import { logLinesFragment } from "./pages/build-log.tsx";
import { distributionPage } from "./pages/distribution.tsx";
import { eventsPage } from "./pages/events.tsx";
import { homePage } from "./pages/home.tsx";
import { buildsPage, packagingsPage, uploadsPage } from "./pages/lists.tsx";
import { packagePage } from "./pages/package.tsx";
import { packagingPage } from "./pages/packaging.tsx";
import { repositoriesPage } from "./pages/repositories.tsx";
import { searchPage } from "./pages/search.tsx";
import { uploadPage } from "./pages/upload.tsx";

type Page = (context: PageContext, request: PageRequest) => Promise<PageResponse>;

const PAGES: Readonly<Record<string, Page>> = {
  "/": homePage,
  "/repositories/": repositoriesPage,
  "/repositories": repositoriesPage,
  "/distributions/:distribution": distributionPage,
  "/packages/:source": packagePage,
  "/packages/": searchPage,
  "/packages": searchPage,
  "/search": searchPage,
  "/packagings/": packagingsPage,
  "/packagings": packagingsPage,
  "/packagings/:id": packagingPage,
  "/builds/": buildsPage,
  "/builds": buildsPage,
  "/builds/:id": buildPage,
  "/builds/:id/log/lines": logLinesFragment,
  "/uploads/": uploadsPage,
  "/uploads": uploadsPage,
  "/uploads/:id": uploadPage,
  "/events": eventsPage,
};

/** All pages; they only read. The caller serves them, with `PAGE_HEADERS` and the assets. */
export function createPages(deps: PageDeps): PageRoute[] {
  const context: PageContext = { ...deps, logs: createLogIndex(deps.readLog) };
  return Object.entries(PAGES).map(([path, page]) => ({ path, render: (request) => page(context, request) }));
}

/** Headers of every page: no script, style, frame or form but our own (CSP level 3). */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cache-control": "no-cache",
};

/** Assets never change under their address. */
export const ASSET_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "public, max-age=31536000, immutable",
  "x-content-type-options": "nosniff",
};
