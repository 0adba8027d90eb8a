import { hasLevel, type Level } from "#accounts";
import type { PageRequest, PageResponse, Site } from "./page.ts";
import { errorPage } from "./pages/error.tsx";
import { urls } from "./urls.ts";

/** The page that refuses who may not see `what`, with the way to sign in and back; undefined for those who may. */
export function refusal(
  site: Site,
  request: PageRequest,
  level: Level,
  what: string,
): PageResponse | undefined {
  const { principal, url } = request;
  if (hasLevel(principal, level)) return undefined;
  if (principal.kind === "nobody")
    return errorPage(site, {
      status: 401,
      message: `${what} needs a sign-in${level === "LOGIN" ? "" : ` of level ${level}`}.`,
      principal,
      onward: [urls.signIn(url), "Sign in"],
    });
  return errorPage(site, {
    status: 403,
    message: `${what} needs level ${level}; yours is ${principal.level}.`,
    principal,
  });
}
