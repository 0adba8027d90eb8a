import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { answerTo, errorText } from "#platform";
import type { Validators } from "./apt-proxy-conditions.ts";
import { tunnel } from "./http-open.ts";
import { MAX_REDIRECTS, redirectLocation } from "./redirect.ts";

/** The archive could not be asked: 502 when it answered nonsense or not at all, 504 when it took too long. */
export class UpstreamError extends Error {
  readonly status: 502 | 504;

  constructor(status: 502 | 504, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = "UpstreamError";
    this.status = status;
  }
}

export interface UpstreamOptions {
  /** URL of the HTTP proxy to ask through; loopback is always asked directly. */
  readonly proxy: string | undefined;
  /** Longest silence. */
  readonly timeoutMs: number;
  /** Whether a redirect may be followed. */
  isAllowed(from: URL, to: URL): Promise<boolean>;
}

/** Asks for a file, conditionally if it is known; the body is still to be read. @throws UpstreamError */
export async function askUpstream(
  url: URL,
  known: Validators | undefined,
  options: UpstreamOptions,
): Promise<IncomingMessage> {
  let next = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await send(next, known, options);
    const location = redirectLocation(response);
    if (location === undefined) return response;
    response.destroy();
    if (!URL.canParse(location, next)) throw new UpstreamError(502, `${next.href} redirects to nowhere.`);
    const target = new URL(location, next);
    if (!(await options.isAllowed(next, target))) {
      const where = `${target.protocol}//${target.host}`;
      throw new UpstreamError(
        502,
        `${next.href} redirects to ${where}, which is no archive configured here.`,
      );
    }
    next = target;
  }
  throw new UpstreamError(502, `${url.href} redirects more than ${MAX_REDIRECTS} times.`);
}

/** The proxy that the environment names for plain HTTP, unless it excepts the host (as curl reads `no_proxy`). */
export function proxyFor(
  url: URL,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const except = (environment.no_proxy ?? environment.NO_PROXY ?? "").split(",");
  const isExcepted = except
    .map((word) => word.trim().replace(/^\./, ""))
    .some(
      (word) => word === "*" || (word !== "" && (url.hostname === word || url.hostname.endsWith(`.${word}`))),
    );
  const proxy = environment.http_proxy;
  return isExcepted || proxy === "" ? undefined : proxy;
}

async function send(
  url: URL,
  known: Validators | undefined,
  options: UpstreamOptions,
): Promise<IncomingMessage> {
  const headers = {
    host: url.host,
    "user-agent": "mini-buildd (apt proxy)",
    ...(known?.etag === undefined ? {} : { "if-none-match": known.etag }),
    ...(known?.lastModified === undefined ? {} : { "if-modified-since": known.lastModified }),
  };
  try {
    return await answer(await begin(url, headers, options), options.timeoutMs);
  } catch (error) {
    if (error instanceof UpstreamError) throw error;
    throw new UpstreamError(502, `${url.host} could not be asked: ${errorText(error)}.`, { cause: error });
  }
}

async function begin(
  url: URL,
  headers: Record<string, string>,
  options: UpstreamOptions,
): Promise<ReturnType<typeof httpRequest>> {
  const common = { headers, agent: false as const };
  const proxy = isLoopback(url) ? undefined : options.proxy;
  if (url.protocol === "http:") {
    return proxy === undefined ? httpRequest(url, common) : httpRequest(proxy, { ...common, path: url.href });
  }
  if (proxy === undefined) return httpsRequest(url, common);
  const socket = await tunnel(new URL(proxy), url, AbortSignal.timeout(options.timeoutMs));
  return httpsRequest(url, {
    ...common,
    createConnection: () => tlsConnect({ socket, servername: url.hostname }),
  });
}

async function answer(request: ReturnType<typeof httpRequest>, timeoutMs: number): Promise<IncomingMessage> {
  const host = String(request.getHeader("host") ?? "the archive");
  request.setTimeout(timeoutMs, () => {
    request.destroy(new UpstreamError(504, `${host} did not answer for ${timeoutMs / 1000} seconds.`));
  });
  const answered = answerTo(request);
  request.end();
  return await answered;
}

function isLoopback(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
