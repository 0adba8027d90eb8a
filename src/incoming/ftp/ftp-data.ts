import { createServer, isIPv6, type Server, type Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { hasCode, plainAddress } from "#platform";

export interface PortRange {
  readonly min: number;
  readonly max: number;
}

/** One announced passive port (RFC 959, 3.2; RFC 2428): takes one connection, and only from the control peer. */
export interface PassivePort {
  readonly port: number;
  /** The connection, when it is there or as soon as it comes. @throws Error when it does not come in time. */
  connection(timeoutMs: number): Promise<Socket>;
  close(): void;
}

export interface PassiveOptions {
  /** Own address of the control connection: where the client reaches us. */
  readonly localAddress: string;
  readonly peerAddress: string;
  readonly range: PortRange | undefined;
  /** Where to begin in the range, from 0 to 1. */
  readonly random: () => number;
}

export async function openPassivePort(options: PassiveOptions): Promise<PassivePort> {
  const arrived = withResolvers<Socket>();
  // Nobody may be waiting when it fails.
  arrived.promise.catch(() => undefined);
  let taken: Socket | undefined;
  let handedOut = false;
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    if (taken !== undefined || plainAddress(socket.remoteAddress) !== options.peerAddress) {
      socket.destroy();
      return;
    }
    taken = socket;
    server.close();
    arrived.resolve(socket);
  });
  const port = await listenInRange(server, options);
  server.on("error", (error) => arrived.reject(error));
  return {
    port,
    async connection(timeoutMs) {
      const timer = setTimeout(() => arrived.reject(new Error("no data connection came")), timeoutMs);
      try {
        const socket = await arrived.promise;
        handedOut = true;
        return socket;
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      server.close();
      arrived.reject(new Error("the data connection was given up"));
      if (!handedOut) taken?.destroy();
    },
  };
}

/** `PROT P` (RFC 4217, 9): TLS on the data connection, with us as server as on the control connection. */
export function secureData(socket: Socket, context: SecureContext): TLSSocket {
  const secure = new TLSSocket(socket, { isServer: true, secureContext: context });
  secure.on("error", () => secure.destroy());
  return secure;
}

/** Answer text of PASV: `h1,h2,h3,h4,p1,p2`; undefined when the address is not IPv4. */
export function pasvAddress(address: string, port: number): string | undefined {
  const plain = plainAddress(address);
  if (isIPv6(plain) || !/^\d+\.\d+\.\d+\.\d+$/.test(plain)) return undefined;
  return [...plain.split("."), port >> 8, port & 255].join(",");
}

async function listenInRange(server: Server, options: PassiveOptions): Promise<number> {
  const { range, localAddress } = options;
  if (range === undefined) return await listen(server, 0, localAddress);
  const count = range.max - range.min + 1;
  const first = Math.floor(options.random() * count);
  for (let step = 0; step < count; step += 1) {
    const port = range.min + ((first + step) % count);
    try {
      return await listen(server, port, localAddress);
    } catch (error) {
      if (!hasCode(error, "EADDRINUSE") && !hasCode(error, "EACCES")) throw error;
    }
  }
  throw new Error(`all passive ports from ${range.min} to ${range.max} are in use`);
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog: 2 }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

interface Resolvers<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Promise.withResolvers came with Node 22. */
function withResolvers<T>(): Resolvers<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
