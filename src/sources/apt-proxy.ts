import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { errorText, type Log } from "#platform";
import { answerFrom, passThrough, refuse } from "./apt-proxy-answer.ts";
import { createAptCache } from "./apt-proxy-cache.ts";
import { createObtainer } from "./apt-proxy-obtain.ts";
import { routeOf } from "./apt-proxy-route.ts";
import { proxyFor, UpstreamError } from "./apt-proxy-upstream.ts";

const GiB = 1024 ** 3;

export interface AptProxyOptions {
  /** Directory of its own, e.g. `<cache>/apt`; everything in it can be removed while nothing runs. */
  readonly cacheDir: string;
  /** Base URLs of the configured archives; only what lies below them is fetched. */
  readonly allowed: () => Promise<readonly string[]>;
  /** Base URL of this instance's repositories, passed on uncached. */
  readonly own?: () => string | undefined;
  readonly log: Log;
  /** Default 10 GiB. */
  readonly maxCacheBytes?: number;
  /** URL of an HTTP proxy to ask through, empty for none; default what `http_proxy` and `no_proxy` say. */
  readonly upstreamProxy?: string;
  /** Longest silence of an archive; default 60 000. */
  readonly timeoutMs?: number;
}

export interface AptProxy {
  /** Listens on 127.0.0.1 (0: any free port). */
  start(port: number): Promise<{ readonly port: number }>;
  stop(): Promise<void>;
  /**
   * Told of an address that apt could not fetch, or found to be something else: nothing is kept of it, so that what an
   * archive, or something on the way, answered wrongly once is asked for again.
   */
  forget(address: string): Promise<void>;
}

/**
 * The caching proxy of all apt accesses of builds and chroots (builds.md 5): reaches configured archives and own
 * repositories, nothing else, so maintainer scripts that run with the host's network find no open door here.
 */
export function createAptProxy(options: AptProxyOptions): AptProxy {
  const { log, allowed } = options;
  const own = options.own ?? (() => undefined);
  const cache = createAptCache(options.cacheDir, options.maxCacheBytes ?? 10 * GiB);
  const obtainer = createObtainer(
    cache,
    (url) => ({
      proxy:
        options.upstreamProxy === undefined ? proxyFor(url, process.env) : options.upstreamProxy || undefined,
      timeoutMs: options.timeoutMs ?? 60_000,
      isAllowed: async (from, to) =>
        to.hostname === from.hostname || routeOf(to.href, await allowed(), undefined).kind === "archive",
    }),
    (error) => log.warn({ err: error }, "a download of the apt proxy failed"),
  );

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url = "" } = request;
    if (method !== "GET" && method !== "HEAD") {
      refuse(response, 403, `${method ?? "This"} is not for apt; only GET and HEAD are passed on.`);
      return;
    }
    const route = routeOf(url, await allowed(), own());
    if (route.kind === "refused") refuse(response, 403, route.reason);
    else if (route.kind === "own") await passThrough(route.url, request, response);
    else await answerFrom(cache, () => obtainer.obtain(route), request, response);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const status = error instanceof UpstreamError ? error.status : 500;
      if (status === 500) log.error({ err: error }, "the apt proxy failed");
      if (response.headersSent) response.destroy();
      else refuse(response, status, error instanceof UpstreamError ? errorText(error) : "The proxy failed.");
    });
  });
  server.on("connect", (_request, socket) => {
    const reason = "Tunnels are not opened here: give apt http: URLs.";
    socket.on("error", () => socket.destroy());
    socket.end(
      `HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length}\r\n\r\n${reason}`,
    );
  });

  return {
    async start(port) {
      await cache.load();
      return { port: await listen(server, port) };
    },
    async forget(address) {
      const route = routeOf(address, await allowed(), own());
      if (route.kind === "archive") await cache.remove(route.url.href);
    },
    async stop() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await obtainer.stop();
      if (server.listening) await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
