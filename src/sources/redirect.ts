import type { IncomingMessage } from "node:http";

/** After so many an address counts as leading in circles. */
export const MAX_REDIRECTS = 5;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What a redirect gives as its target (RFC 9110, 15.4), which may be anything; undefined when it is none. */
export function redirectLocation(response: IncomingMessage): string | undefined {
  return REDIRECTS.has(response.statusCode ?? 0) ? response.headers.location : undefined;
}

/**
 * Where an answer sends whoever asked `from`; undefined when it is an answer itself. Whether to go there is the
 * caller's decision.
 * @throws Error with one clause for a person, as a server may send anything
 */
export function redirectTarget(response: IncomingMessage, from: URL): URL | undefined {
  const location = redirectLocation(response);
  if (location === undefined) return undefined;
  if (URL.canParse(location, from)) return new URL(location, from);
  response.destroy();
  throw new Error(`${from.href} redirects to nowhere`);
}
