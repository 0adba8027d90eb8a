import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { MAX_REDIRECTS, redirectTarget } from "./redirect.ts";

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
    let next = new URL(url);
    try {
      for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
        const response = await send(next, { ...options, signal }, proxy);
        const target = redirectTarget(response, next);
        if (target === undefined) return await collect(response, options.maxBytes);
        response.destroy();
        next = target;
      }
    } catch (error) {
      if (timeout.aborted)
        throw new Error(`no answer within ${options.timeoutMs / 1000} s`, { cause: error });
      throw error;
    }
    throw new Error(`more than ${MAX_REDIRECTS} redirects`);
  };
}

async function send(url: URL, options: FetchOptions, proxy: string | undefined): Promise<IncomingMessage> {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new Error(`'${url.protocol}' is neither http nor https`);
  }
  const headers = {
    host: url.host,
    "user-agent": "mini-buildd",
    ...(options.ifModifiedSince === undefined ? {} : { "if-modified-since": options.ifModifiedSince }),
  };
  const { method = "GET", signal } = options;
  const common = { method, headers, agent: false as const, ...(signal === undefined ? {} : { signal }) };
  if (proxy === undefined) {
    return await answer(url.protocol === "https:" ? httpsRequest(url, common) : httpRequest(url, common));
  }
  if (url.protocol === "http:") return await answer(httpRequest(proxy, { ...common, path: url.href }));
  const socket = await tunnel(new URL(proxy), url, signal);
  const createConnection = () => tlsConnect({ socket, servername: url.hostname });
  return await answer(httpsRequest(url, { ...common, createConnection }));
}

function answer(request: ReturnType<typeof httpRequest>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
    request.end();
  });
}

/** HTTP CONNECT (RFC 9110, 9.3.6). */
export function tunnel(proxy: URL, target: URL, signal: AbortSignal | undefined): Promise<Socket> {
  const path = `${target.hostname}:${target.port === "" ? 443 : target.port}`;
  const options = { method: "CONNECT", path, headers: { host: path }, agent: false as const };
  return new Promise((resolve, reject) => {
    const request = httpRequest(proxy, { ...options, ...(signal === undefined ? {} : { signal }) });
    request.once("connect", (response, socket) => {
      if (response.statusCode === 200) resolve(socket as Socket);
      else reject(new Error(`the proxy answered ${response.statusCode}`));
    });
    request.once("error", reject);
    request.end();
  });
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
