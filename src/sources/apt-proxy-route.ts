import { isByHash } from "./apt-proxy-content.ts";

/** What the proxy does with a request. */
export type Route =
  /** From the cache or upstream; files that can never change need no asking again. */
  | { readonly kind: "archive"; readonly url: URL; readonly immutable: boolean }
  /** To a repository of this instance, past the cache. */
  | { readonly kind: "own"; readonly url: URL }
  | { readonly kind: "refused"; readonly reason: string };

/** Pool paths keep their content, and by-hash names are made of it (Debian repository format, "Acquire-By-Hash"). */
const isImmutable = (path: string): boolean => path.includes("/pool/") || isByHash(path);

/** What servers might read as a further slash, dot segment or end of the name. */
const TRICKS = /%2f|%5c|%2e|%00|\\|\/\/|[^!-~]/i;

/**
 * Decides about the target of a request, which must be absolute (RFC 9112, 3.2.2) and lie below an archive.
 * An archive that is configured as `https:` is reached by `http:` requests too, and asked by `https:`: apt speaks plain
 * HTTP to a proxy, or wants a tunnel, which nobody could look into.
 * @param allowed base URLs of archives
 * @param own base URL of this instance's repositories
 */
export function routeOf(target: string, allowed: readonly string[], own: string | undefined): Route {
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    return refused("This is a proxy for apt: it takes only requests with an http: URL.");
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return refused("URLs with a user, query or fragment are not passed on.");
  }
  if (TRICKS.test(target.replace(/^https?:\/\//i, ""))) {
    return refused("The path of the URL has characters that are not passed on.");
  }
  if (own !== undefined && below(url, own) !== undefined) return { kind: "own", url };
  const matches = allowed.flatMap((base) => below(url, base) ?? []);
  const best = matches.find((match) => match.protocol === url.protocol) ?? matches[0];
  if (best === undefined) {
    return refused(`${url.host}${url.pathname.slice(0, 200)} is not below any archive configured here.`);
  }
  return { kind: "archive", url: best, immutable: isImmutable(best.pathname) };
}

/** The URL as the archive wants it, if it lies below the archive. */
function below(url: URL, base: string): URL | undefined {
  const archive = URL.canParse(base) ? new URL(base) : undefined;
  if (archive === undefined) return undefined;
  const prefix = archive.pathname.endsWith("/") ? archive.pathname : `${archive.pathname}/`;
  const samePlace = archive.hostname === url.hostname && archive.port === url.port;
  const sameScheme = archive.protocol === url.protocol || archive.protocol === "https:";
  if (!samePlace || !sameScheme || !url.pathname.startsWith(prefix)) return undefined;
  return new URL(`${archive.protocol}//${archive.host}${url.pathname}`);
}

function refused(reason: string): Route {
  return { kind: "refused", reason };
}
