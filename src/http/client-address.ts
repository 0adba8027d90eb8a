import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { networkMatch, plainAddress } from "#platform";

/** Where a request comes from: for limits, sessions, records, and uploads that belong together. */
export type ClientAddress = (request: Pick<FastifyRequest, "ip" | "headers">) => string;

/**
 * The address at the other end of the connection. Where that is one of the `trusted` proxies, the one that it names as
 * the last in `X-Forwarded-For`, and so on through further trusted ones: each adds the address that spoke to it, and
 * whatever stands before the first that is not trusted may be made up. Something else than an address is believed from
 * nobody. Which host and protocol a proxy says it was asked by is not used at all.
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const isTrusted = networkMatch(trusted);
  return ({ ip, headers }) => {
    let client = plainAddress(ip);
    const named = isTrusted(client) ? hopsOf(headers["x-forwarded-for"]) : [];
    for (let hop = named.pop(); hop !== undefined && isTrusted(client); hop = named.pop()) {
      const address = addressIn(hop);
      if (address === undefined) break;
      client = address;
    }
    return client;
  };
}

/** Several headers are one list (RFC 9110, 5.3). */
function hopsOf(header: string | string[] | undefined): string[] {
  return [header ?? []].flat().join(",").split(",");
}

/** Some proxies name the port, too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function addressIn(hop: string): string | undefined {
  const text = hop.trim();
  const [, address = text] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text) ?? /^([^:]+):\d{1,5}$/.exec(text) ?? [];
  return isIP(address) === 0 || address.includes("%") ? undefined : plainAddress(address);
}
