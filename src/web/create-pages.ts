import type { Asset } from "./assets/index.ts";
import { createLogIndex } from "./log/log-index.ts";
import type { PageContext, PageDeps, PageRequest, PageResponse, PageRoute } from "./page.ts";
import { accountPage } from "./pages/account/account.tsx";
import { forgotPage, resetPage } from "./pages/account/forgot.tsx";
import { confirmPage, registerPage } from "./pages/account/register.tsx";
import { signInPage } from "./pages/account/sign-in.tsx";
import { bkeyPage } from "./pages/bkey.tsx";
import { buildPage } from "./pages/build.tsx";
import { logLinesFragment } from "./pages/build-log.tsx";
import { distributionPage } from "./pages/distribution.tsx";
import { eventsPage } from "./pages/events.tsx";
import { eventsFeed } from "./pages/events-feed.ts";
import { homePage } from "./pages/home.tsx";
import { buildsPage, packagingsPage, uploadsPage } from "./pages/lists.tsx";
import { packagePage } from "./pages/package.tsx";
import { packagingPage } from "./pages/packaging.tsx";
import { auditPage } from "./pages/people/audit.tsx";
import { userPage } from "./pages/people/user.tsx";
import { usersPage } from "./pages/people/users.tsx";
import { queuePage } from "./pages/queue.tsx";
import { repositoriesPage } from "./pages/repositories.tsx";
import { searchPage } from "./pages/search.tsx";
import { uploadPage } from "./pages/upload.tsx";
import { createPackageCounts } from "./read-model/package-counts.ts";

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
  "/queue": queuePage,
  "/bkey": bkeyPage,
  "/builds/:id/log/lines": logLinesFragment,
  "/uploads/": uploadsPage,
  "/uploads": uploadsPage,
  "/uploads/:id": uploadPage,
  "/events": eventsPage,
  "/events.atom": eventsFeed,
  "/account/": accountPage,
  "/account": accountPage,
  "/account/sign-in": signInPage,
  "/account/register": registerPage,
  "/account/confirm": confirmPage,
  "/account/forgot": forgotPage,
  "/account/reset": resetPage,
  "/users/": usersPage,
  "/users": usersPage,
  "/users/:id": userPage,
  "/audit": auditPage,
};

/** All pages and what they load; they only read, and each is whole by itself. */
export function createPages(deps: PageDeps): PageRoute[] {
  const context: PageContext = {
    ...deps,
    logIndex: createLogIndex(deps.logs),
    packageCounts: createPackageCounts(),
  };
  const pages = Object.entries(PAGES).map(
    ([path, page]): PageRoute => ({
      path,
      costly: page === searchPage,
      render: (request) => page({ ...context, here: request.url }, request),
    }),
  );
  return [...pages, ...deps.assets.all.map(assetRoute)];
}

/** Its address changes with its content, so it is fetched once. */
function assetRoute(asset: Asset): PageRoute {
  const answer = {
    status: 200,
    html: new TextDecoder().decode(asset.body),
    headers: {
      "content-type": asset.type,
      "cache-control": "public, max-age=31536000, immutable",
      etag: asset.etag,
    },
  };
  return { path: asset.path, render: () => Promise.resolve(answer) };
}
