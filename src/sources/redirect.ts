import type { IncomingMessage } from "node:http";

/** After so many an address counts as leading in circles. */
export const MAX_REDIRECTS = 5;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Where an answer sends whoever asked `from` (RFC 9110, 15.4); undefined when it is an answer itself. Whether to go
 * there is the caller's decision.
 * @throws Error with one clause for a person, as a server may send anything
 */
export function redirectTarget(response: IncomingMessage, from: URL): URL | undefined {
  const { location } = response.headers;
  if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined) return undefined;
  if (URL.canParse(location, from)) return new URL(location, from);
  response.destroy();
  throw new Error(`${from.href} redirects to nowhere`);
}
