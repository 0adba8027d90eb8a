import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
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

/** Connections to archives, which are used again: each new one costs look-ups of its name and a few round trips. */
export interface Connections {
  readonly http: Agent;
  readonly https: HttpsAgent;
  close(): void;
}

/** To one archive at most; what asks beyond that waits. */
const MAX_CONNECTIONS = 16;

export function createConnections(): Connections {
  const kept = { keepAlive: true, maxSockets: MAX_CONNECTIONS } as const;
  const [http, https] = [new Agent(kept), new HttpsAgent(kept)];
  return {
    http,
    https,
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

export interface UpstreamOptions {
  readonly connections: Connections;
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
    letGo(response);
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

/** An answer whose body nobody wants: a short one is read, as its connection can be used again then. */
export function letGo(response: IncomingMessage): void {
  const length = response.statusCode === 304 ? 0 : Number(response.headers["content-length"] ?? "NaN");
  if (length <= MAX_UNWANTED_BYTES) response.on("error", () => undefined).resume();
  else response.destroy();
}

const MAX_UNWANTED_BYTES = 64 * 1024;

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
    const request = await begin(url, headers, options);
    try {
      return await answer(request, options.timeoutMs);
    } catch (error) {
      // The archive has closed a kept connection in the very moment in which it was used.
      if (!request.reusedSocket || error instanceof UpstreamError) throw error;
      return await answer(await begin(url, headers, options, "new"), options.timeoutMs);
    }
  } catch (error) {
    if (error instanceof UpstreamError) throw error;
    throw new UpstreamError(502, `${url.host} could not be asked: ${errorText(error)}.`, { cause: error });
  }
}

async function begin(
  url: URL,
  headers: Record<string, string>,
  options: UpstreamOptions,
  connection: "kept" | "new" = "kept",
): Promise<ReturnType<typeof httpRequest>> {
  const { http, https } = options.connections;
  const proxy = isLoopback(url) ? undefined : options.proxy;
  if (url.protocol === "http:") {
    const by = { headers, agent: connection === "kept" && http };
    return proxy === undefined ? httpRequest(url, by) : httpRequest(proxy, { ...by, path: url.href });
  }
  if (proxy === undefined) return httpsRequest(url, { headers, agent: connection === "kept" && https });
  const socket = await tunnel(new URL(proxy), url, AbortSignal.timeout(options.timeoutMs));
  return httpsRequest(url, {
    ...{ headers, agent: false },
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
