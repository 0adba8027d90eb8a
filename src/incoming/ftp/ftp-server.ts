import { randomUUID } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext } from "node:tls";
import type { Log } from "#platform";
import type { Incoming } from "../incoming-service.ts";
import type { PortRange } from "./ftp-data.ts";
import { type FtpSession, serveControl } from "./ftp-session.ts";

const DATA_CONNECT_MS = 30_000;

export interface FtpOptions {
  readonly incoming: Incoming;
  readonly log: Log;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Ports of passive data connections, for firewalls; default any free one. */
  readonly passivePorts?: PortRange;
  /** IPv4 address told to clients for data connections, for NAT; default the one they reached. */
  readonly advertisedAddress?: string;
  /** PEM; without it AUTH is refused. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly random?: () => number;
}

export interface FtpServer {
  start(): Promise<{ readonly port: number }>;
  /** Takes no more connections, ends those there are (their sessions end as if the client had left). */
  stop(): Promise<void>;
}

/** The upload-only FTP server of pipeline.md 2.1. */
export function createFtpServer(options: FtpOptions): FtpServer {
  const { incoming, log } = options;
  const settings = {
    passivePorts: options.passivePorts,
    advertisedAddress: options.advertisedAddress,
    secureContext: options.tls === undefined ? undefined : createSecureContext(options.tls),
    dataConnectMs: DATA_CONNECT_MS,
    random: options.random ?? Math.random,
  };
  const sessions = new Set<FtpSession>();
  const server = createServer((socket: Socket) => {
    const session = serveControl({ incoming, settings, log, key: `ftp:${randomUUID()}` }, socket);
    sessions.add(session);
    void session.ended.finally(() => sessions.delete(session));
  });
  // Connections above the limit of sessions get their 421; this only bounds a flood of them.
  server.maxConnections = incoming.limits.sessions * 4;

  return {
    async start() {
      const port = await listen(server, options.host, options.port);
      server.on("error", (error) => log.error({ err: error }, "the FTP server has a problem"));
      return { port };
    },
    async stop() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const session of sessions) session.close("mini-buildd is being stopped; try again later.");
      await Promise.all([...sessions].map((session) => session.ended));
      await closed;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
