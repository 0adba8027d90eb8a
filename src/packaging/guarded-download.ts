import { type LookupAddress, lookup } from "node:dns";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { BlockList, isIP } from "node:net";
import type { Readable } from "node:stream";
import { errorText, MbdError } from "#platform";
import { MAX_REDIRECTS, redirectLocation } from "#sources";

// Addresses that belong to this host or to a private network (RFC 1918, 3927, 4193, 4291, 5735, 6598).
// Two lists: in one, the mapped addresses (::ffff:0:0/96) would stand for all of IPv4.
const PRIVATE_4 = new BlockList();
const PRIVATE_6 = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const) {
  PRIVATE_4.addSubnet(net, bits, "ipv4");
}
for (const [net, bits] of [
  ["::", 127],
  ["::ffff:0:0", 96],
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  PRIVATE_6.addSubnet(net, bits, "ipv6");
}

const TIMEOUT_MS = 60_000;

export interface DownloadOptions {
  /** Base URLs of the configured archives: always allowed, whatever address they have. */
  readonly allowed: readonly string[];
  readonly signal?: AbortSignal;
}

export function isPrivateAddress(address: string): boolean {
  return isIP(address) === 6 ? PRIVATE_6.check(address, "ipv6") : PRIVATE_4.check(address, "ipv4");
}

/** No download for a port takes longer, however slowly it drips. */
const TOTAL_MS = 60 * 60 * 1000;

/**
 * Opens an http or https URL for somebody who may not make us ask our own network (security.md 9): the address is
 * checked when the connection is made, so neither a redirect nor a second DNS answer gets around it.
 */
export async function openDownload(url: string, options: DownloadOptions): Promise<Readable> {
  let next = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await get(next, options);
    if (response.statusCode === 200) return response;
    response.resume();
    const location = redirectLocation(response);
    if (location === undefined) {
      throw new MbdError("download_failed", { url, reason: `the server answered ${response.statusCode}` });
    }
    next = redirected(next, location);
  }
  throw new MbdError("download_failed", { url, reason: `more than ${MAX_REDIRECTS} redirects` });
}

/** Where a redirect leads; another scheme is refused: what https vouches for must have come by https all the way. */
function redirected(from: string, location: string): string {
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (target === undefined || target.protocol !== new URL(from).protocol) {
    throw new MbdError("download_failed", {
      url: from,
      reason: "it redirects to another scheme or to no address at all",
    });
  }
  return target.href;
}

export function isBelow(url: string, bases: readonly string[]): boolean {
  return bases.some((base) => url.startsWith(base));
}

function get(url: string, options: DownloadOptions): Promise<IncomingMessage> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol)) {
    throw new MbdError("download_failed", { url, reason: "only http and https addresses are fetched" });
  }
  const free = isBelow(parsed.href, options.allowed);
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  if (!free && isIP(host) !== 0 && isPrivateAddress(host))
    throw new MbdError("address_refused", { url, address: host });
  const send = parsed.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(parsed, {
      lookup: free ? lookup : guardedLookup(url),
      headers: { "user-agent": "mini-buildd" },
      signal: AbortSignal.any([
        AbortSignal.timeout(TOTAL_MS),
        ...(options.signal === undefined ? [] : [options.signal]),
      ]),
    });
    request.setTimeout(TIMEOUT_MS, () => request.destroy(new Error(`no answer for ${TIMEOUT_MS / 1000} s`)));
    request.on("response", resolve);
    request.on("error", (error) =>
      reject(
        error instanceof MbdError
          ? error
          : new MbdError("download_failed", { url, reason: errorText(error) }, { cause: error }),
      ),
    );
    request.end();
  });
}

function guardedLookup(url: string): typeof lookup {
  const guarded = (host: string, options: unknown, callback: (...args: unknown[]) => void) => {
    lookup(host, { ...(options as object), all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error);
      const bad = addresses.find(({ address }) => isPrivateAddress(address));
      if (bad !== undefined) return callback(new MbdError("address_refused", { url, address: bad.address }));
      if ((options as { all?: boolean }).all === true) return callback(null, addresses);
      return callback(null, addresses[0]?.address, addresses[0]?.family);
    });
  };
  return guarded as typeof lookup;
}
