import { chmod } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { type Home, MbdError, makePrivateDir, unlinkIfPresent } from "#platform";
import { type BuiltApp, buildApp } from "./build-app.ts";
import type { HttpDeps } from "./deps.ts";

export interface HttpApp {
  /** For tests: requests without a connection. */
  readonly app: FastifyInstance;
  /** The same as seen on the control socket. */
  readonly local: FastifyInstance;
  /** Listens on the address (port 0: any free one) and on the socket; returns the port. */
  start(options: { listen: string; port: number; socket: string }): Promise<{ port: number }>;
  /** Ends streams, lets running requests finish, and after `deadlineMs` closes what is left. */
  stop(deadlineMs?: number): Promise<void>;
}

/** Path of the administrator's socket in a home; its directory (0700) is what keeps others out. */
export function controlSocket(home: Home): string {
  return join(home.run, "control.sock");
}

/** sun_path of unix(7) holds 108 bytes with the final NUL. */
const MAX_SOCKET_PATH = 107;

export async function createHttpApp(deps: HttpDeps): Promise<HttpApp> {
  const remote = await buildApp(deps, false);
  const local = await buildApp(deps, true);
  return {
    app: remote.app,
    local: local.app,
    async start({ listen, port, socket }) {
      await listenOnSocket(local.app, socket);
      await remote.app.listen({ host: listen, port }).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new MbdError("bad_configuration", { reason: `cannot listen on ${listen}:${port} (${reason})` });
      });
      return { port: (remote.app.server.address() as AddressInfo).port };
    },
    async stop(deadlineMs = 5000) {
      await Promise.all([stopApp(remote, deadlineMs), stopApp(local, deadlineMs)]);
    },
  };
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
