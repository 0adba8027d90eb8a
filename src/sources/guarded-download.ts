import type { Readable } from "node:stream";
import { errorText, guardedLookup, MbdError, privateAddressIn } from "#platform";
import { type AddressGuard, openHttp } from "./http-open.ts";

export interface DownloadOptions {
  /** Base URLs of the configured archives: always allowed, whatever address they have. */
  readonly allowed: readonly string[];
  readonly signal?: AbortSignal;
}

const SILENCE_MS = 60_000;
/** No download for a port takes longer, however slowly it drips. */
const TOTAL_MS = 60 * 60 * 1000;

/**
 * Opens an http or https URL for somebody who may not make us ask our own network (security.md 9): the address is
 * checked when the connection is made, so neither a redirect nor a second DNS answer gets around it.
 * @throws MbdError download_failed, address_refused
 */
export async function openDownload(url: string, options: DownloadOptions): Promise<Readable> {
  const limits = [AbortSignal.timeout(TOTAL_MS), ...(options.signal === undefined ? [] : [options.signal])];
  const guard = guardFor(url, options.allowed);
  try {
    const response = await openHttp(url, {
      silenceMs: SILENCE_MS,
      guard,
      signal: AbortSignal.any(limits),
    });
    if (response.statusCode === 200) return response;
    response.destroy();
    throw new Error(`the server answered ${response.statusCode}`);
  } catch (error) {
    if (error instanceof MbdError) throw error;
    throw new MbdError("download_failed", { url, reason: errorText(error) }, { cause: error });
  }
}

export function isBelow(url: string, bases: readonly string[]): boolean {
  return bases.some((base) => url.startsWith(base));
}

function guardFor(url: string, allowed: readonly string[]): AddressGuard {
  return (next, from) => {
    // What https vouches for must have come by https all the way.
    if (from !== undefined && from.protocol !== next.protocol) {
      throw new MbdError("download_failed", { url: from.href, reason: "it redirects to another scheme" });
    }
    if (isBelow(next.href, allowed)) return {};
    const refuse = (address: string) => new MbdError("address_refused", { url, address });
    const address = privateAddressIn(next);
    if (address !== undefined) throw refuse(address);
    return { lookup: guardedLookup(refuse) };
  };
}
