import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Where the daemon's apt proxy is reached as long as the runner lives. */
export interface Door {
  /** On 127.0.0.1. */
  readonly port: number;
  close(): void;
}

const AGAIN_MS = 200;

/**
 * Passes connections on to the daemon's proxy, and while nobody listens there lets them wait: a build shall not notice
 * that the daemon is restarted. apt by itself would: an address that once refused a connection it never tries again, of
 * however many `Acquire::Retries`.
 */
export async function openDoor(proxyPort: number): Promise<Door> {
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    // Whoever is gone, the other side learns it by the end of its connection.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => open.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    passOn(client, proxyPort, keep).catch(() => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the door of the build has no port");
  return {
    port: address.port,
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

async function passOn(client: Socket, port: number, keep: (socket: Socket) => void): Promise<void> {
  let proxy: Socket | undefined;
  while (proxy === undefined && !client.destroyed) {
    proxy = await reach(port);
    if (proxy === undefined) await delay(AGAIN_MS);
  }
  if (proxy === undefined) return;
  keep(proxy);
  const other = proxy;
  client.on("close", () => other.destroy());
  other.on("close", () => client.destroySoon());
  if (client.destroyed) other.destroy();
  client.pipe(other).pipe(client);
}

async function reach(port: number): Promise<Socket | undefined> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}

/** Tells apt of the build, which reads `<W>/overlay/apt`, to go by the door. */
export function sendAptThrough(workDir: string, { port }: Pick<Door, "port">): void {
  const path = join(workDir, "overlay/apt/apt.conf.d/98mini-buildd-proxy");
  writeFileSync(path, `Acquire::http::Proxy "http://127.0.0.1:${port}";\n`);
  chmodSync(path, 0o644);
}
