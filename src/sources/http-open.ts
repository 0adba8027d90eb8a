import type { lookup } from "node:dns";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { answerTo } from "#platform";
import { MAX_REDIRECTS, redirectTarget } from "./redirect.ts";

/**
 * Asked before each address is connected to, with the one that redirects there: throws when that must not be, or says
 * how names are looked up. Through a proxy it is the proxy that looks them up.
 */
export type AddressGuard = (
  url: URL,
  from: URL | undefined,
) => { readonly lookup?: typeof lookup | undefined };

export interface OpenOptions {
  readonly method?: "GET" | "HEAD";
  /** Ask only for what changed since (an HTTP date). */
  readonly ifModifiedSince?: string;
  /** Longest silence, also while the answer is read. */
  readonly silenceMs?: number;
  readonly guard?: AddressGuard;
  readonly signal?: AbortSignal;
}

/**
 * Opens an http or https address, following redirects; the answer, whatever its status, is still to be read.
 * @param proxy URL of an HTTP proxy for all requests, as a site's apt may need one
 * @throws Error with one clause for a person, or what the guard throws
 */
export async function openHttp(url: string, options: OpenOptions, proxy?: string): Promise<IncomingMessage> {
  if (!URL.canParse(url)) throw new Error(`'${url}' is no address`);
  let from: URL | undefined;
  let next = new URL(url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    if (next.protocol !== "http:" && next.protocol !== "https:") {
      throw new Error(`'${next.protocol}' is neither http nor https`);
    }
    const look = options.guard?.(next, from).lookup;
    const response = await send(next, options, look, proxy);
    const target = redirectTarget(response, next);
    if (target === undefined) return response;
    response.destroy();
    from = next;
    next = target;
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects`);
}

async function send(
  url: URL,
  { method = "GET", ifModifiedSince, silenceMs, signal }: OpenOptions,
  look: typeof lookup | undefined,
  proxy: string | undefined,
): Promise<IncomingMessage> {
  const headers = {
    host: url.host,
    "user-agent": "mini-buildd",
    ...(ifModifiedSince === undefined ? {} : { "if-modified-since": ifModifiedSince }),
  };
  const common = { method, headers, agent: false as const, ...(signal === undefined ? {} : { signal }) };
  if (proxy === undefined) {
    const direct = { ...common, ...(look === undefined ? {} : { lookup: look }) };
    const request = url.protocol === "https:" ? httpsRequest(url, direct) : httpRequest(url, direct);
    return await answer(request, silenceMs, signal);
  }
  if (url.protocol === "http:") {
    return await answer(httpRequest(proxy, { ...common, path: url.href }), silenceMs, signal);
  }
  const socket = await tunnel(new URL(proxy), url, signal);
  const createConnection = () => tlsConnect({ socket, servername: url.hostname });
  return await answer(httpsRequest(url, { ...common, createConnection }), silenceMs, signal);
}

async function answer(
  request: ReturnType<typeof httpRequest>,
  silenceMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  if (silenceMs !== undefined) {
    request.setTimeout(silenceMs, () => request.destroy(new Error(`no answer for ${silenceMs / 1000} s`)));
  }
  const answered = answerTo(request, signal);
  request.end();
  return await answered;
}

/** HTTP CONNECT (RFC 9110, 9.3.6). */
export function tunnel(proxy: URL, target: URL, signal: AbortSignal | undefined): Promise<Socket> {
  const path = `${target.hostname}:${target.port === "" ? 443 : target.port}`;
  const options = { method: "CONNECT", path, headers: { host: path }, agent: false as const };
  return new Promise((resolve, reject) => {
    const request = httpRequest(proxy, { ...options, ...(signal === undefined ? {} : { signal }) });
    request.once("connect", (response, socket) => {
      if (response.statusCode === 200) {
        resolve(socket as Socket);
        return;
      }
      socket.destroy();
      reject(new Error(`the proxy answered ${response.statusCode}`));
    });
    // Whatever a proxy answers a CONNECT with comes as `connect`, 101 too; a connection that breaks, as an error.
    request.once("error", reject);
    request.end();
  });
}
