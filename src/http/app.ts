import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { errorText, type Home, MbdError, makePrivateDir, unlinkIfPresent } from "#platform";
import { type BuiltApp, buildApp, IDLE_MS } from "./build-app.ts";
import type { HttpDeps } from "./deps.ts";

export interface HttpApp {
  /** For tests: requests without a connection. */
  readonly app: FastifyInstance;
  /** The same as seen on the control socket. */
  readonly local: FastifyInstance;
  /**
   * Listens on loopback, on the further address `listen` (which may be a wildcard) and on the socket; returns the port
   * (0: any free one).
   */
  start(options: { listen: string; port: number; socket: string }): Promise<{ port: number }>;
  /** Ends streams, lets running requests finish, and after `deadlineMs` closes what is left. */
  stop(deadlineMs?: number): Promise<void>;
}

/** Path of the administrator's socket in a home; its directory (0700) is what keeps others out. */
export function controlSocket(home: Home): string {
  return join(home.run, "control.sock");
}

const LOOPBACK = "127.0.0.1";
const SAME_AS_LOOPBACK = [LOOPBACK, "localhost"];
const WILDCARDS = ["0.0.0.0", "::"];

/** sun_path of unix(7) holds 108 bytes with the final NUL. */
const MAX_SOCKET_PATH = 107;

export async function createHttpApp(deps: HttpDeps): Promise<HttpApp> {
  const remote = await buildApp(deps, false);
  const local = await buildApp(deps, true);
  let further: Server | undefined;
  return {
    app: remote.app,
    local: local.app,
    async start({ listen, port, socket }) {
      await listenOnSocket(local.app, socket);
      const host = WILDCARDS.includes(listen) ? listen : LOOPBACK;
      await remote.app.listen({ host, port }).catch((error: unknown) => refuseAddress(host, port, error));
      const bound = remote.app.server.address() as AddressInfo;
      if (host !== LOOPBACK || SAME_AS_LOOPBACK.includes(listen)) return { port: bound.port };
      further = await listenFurther(remote.app, listen, bound.port);
      return { port: bound.port };
    },
    async stop(deadlineMs = 5000) {
      further?.close();
      await Promise.all([stopApp(remote, deadlineMs), stopApp(local, deadlineMs)]);
      further?.closeAllConnections();
    },
  };
}

/** One app, another address: tools of this machine reach the daemon by loopback whatever else it listens on. */
async function listenFurther(app: FastifyInstance, host: string, port: number): Promise<Server> {
  const server = createServer((request, response) => app.routing(request, response));
  // As fastify sets up its own server: uploads may take any time, but not stand still.
  server.requestTimeout = 0;
  server.setTimeout(IDLE_MS);
  server.listen({ host, port });
  await once(server, "listening").catch((error: unknown) => refuseAddress(host, port, error));
  return server;
}

function refuseAddress(host: string, port: number, error: unknown): never {
  throw new MbdError("bad_configuration", {
    reason: `cannot listen on ${host} port ${port} (${errorText(error)})`,
  });
}

async function listenOnSocket(app: FastifyInstance, socket: string): Promise<void> {
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH)
    throw new MbdError("bad_configuration", {
      reason: `the path of the home is too long: the socket ${socket} may have at most ${MAX_SOCKET_PATH} bytes`,
    });
  await makePrivateDir(join(socket, ".."));
  // The home is locked, so a socket found here is left over from a process that is gone.
  await unlinkIfPresent(socket);
  await app.listen({ path: socket });
  await chmod(socket, 0o600);
}

async function stopApp({ app, streams }: BuiltApp, deadlineMs: number): Promise<void> {
  streams.closeAll();
  const force = setTimeout(() => app.server.closeAllConnections(), deadlineMs);
  try {
    await app.close();
  } finally {
    clearTimeout(force);
  }
}
