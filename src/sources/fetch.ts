import type { IncomingMessage } from "node:http";
import { openHttp } from "./http-open.ts";

export interface FetchOptions {
  /** Most bytes of the answer. */
  readonly maxBytes: number;
  /** For the whole request, redirects included. */
  readonly timeoutMs: number;
  readonly method?: "GET" | "HEAD";
  /** Ask only for what changed since (an HTTP date). */
  readonly ifModifiedSince?: string;
  readonly signal?: AbortSignal;
}

export interface Fetched {
  readonly status: number;
  readonly body: Buffer;
  readonly lastModified?: string;
}

/** Gets a URL, whatever the status. @throws Error with one clause for a person */
export type Fetch = (url: string, options: FetchOptions) => Promise<Fetched>;

/**
 * GET in bounded time and size, following redirects to http and https only.
 * @param proxy URL of an HTTP proxy for all requests, as a site's apt may need one
 */
export function createFetch(proxy?: string): Fetch {
  return async (url, options) => {
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
    try {
      return await collect(await openHttp(url, { ...options, signal }, proxy), options.maxBytes);
    } catch (error) {
      if (timeout.aborted)
        throw new Error(`no answer within ${options.timeoutMs / 1000} s`, { cause: error });
      throw error;
    }
  };
}

async function collect(response: IncomingMessage, maxBytes: number): Promise<Fetched> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      response.destroy();
      throw new Error(`the answer is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  const lastModified = response.headers["last-modified"];
  return {
    status: response.statusCode ?? 0,
    body: Buffer.concat(chunks),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
}
