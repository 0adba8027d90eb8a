import { isIP } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { MbdError } from "#platform";

/** Nothing from elsewhere, no inline script or style, no frames: names, logs and changelogs are hostile text. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "base-uri 'none'",
  "object-src 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
} as const;

export function setSecurityHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ ...HEADERS, "x-request-id": request.id });
}

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/**
 * Refuses (`cross_site`) what a page of another site makes a browser send. Programs name no origin; a browser that
 * sends a cookie must: it adds the cookie by itself, so what asks may be any page (docs/adr/0006).
 */
export function refuseCrossSite(request: FastifyRequest, ours: OwnNames): void {
  if (SAFE_METHODS.includes(request.method)) return;
  const { origin, host, authorization, cookie } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const from = { origin, host, site: typeof site === "string" ? site : undefined };
  const byCookie = authorization === undefined && cookie !== undefined;
  if (byCookie ? provesSameSite(from, ours) : isSameSite(from, ours)) return;
  throw new MbdError("cross_site", { origin: origin ?? "unknown" });
}

/** How browsers reach this instance. */
export interface OwnNames {
  /** Names besides localhost and addresses. */
  readonly hostnames: readonly string[];
  /** Its public address. */
  readonly url: string;
}

interface Provenance {
  readonly origin: string | undefined;
  readonly host: string | undefined;
  /** `Sec-Fetch-Site` (Fetch Metadata); older browsers send `Origin` only. */
  readonly site: string | undefined;
}

/**
 * Whether a request comes from a page of this instance or from no page at all. The host must be one of ours, too: a
 * page may give its own name our address (DNS rebinding) and is then "same origin" to the browser. The public origin
 * proves itself, whatever host a proxy names; where it is https, a page of that host by http may be anybody's.
 */
export function isSameSite({ origin, host, site }: Provenance, { hostnames, url }: OwnNames): boolean {
  if (origin === undefined && site === undefined) return true;
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  const ours = new URL(url);
  if (origin === ours.origin) return true;
  if (host === undefined || !isOurHost(host, [...hostnames, nameOf(ours)])) return false;
  if (origin === undefined) return true;
  if (ours.protocol === "https:" && host.toLowerCase() === ours.host) return false;
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

/** As {@link isSameSite}, but the request says itself that a page of this instance sent it. */
export function provesSameSite(from: Provenance, ours: OwnNames): boolean {
  return isSameSite(from, ours) && (from.site === "same-origin" || from.origin !== undefined);
}

function isOurHost(host: string, hostnames: readonly string[]): boolean {
  if (!URL.canParse(`http://${host}`)) return false;
  const name = nameOf(new URL(`http://${host}`));
  return isIP(name) !== 0 || name === "localhost" || hostnames.some((ours) => ours.toLowerCase() === name);
}

/** An IPv6 address without its brackets. */
function nameOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}
