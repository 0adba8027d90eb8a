import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { ServeOptions } from "#cli";
import { errorText, MbdError } from "#platform";

/** How others reach this instance. */
export interface Addresses {
  /** Without a slash at the end. */
  readonly url: string;
  readonly incomingUrl: string;
  readonly ftpPort: number;
}

/** The public address, where one is given; it is of a proxy that speaks for our HTTP port only. */
export function addressesOf(
  hostname: string,
  { url, httpPort, ftpPort }: Pick<ServeOptions, "url" | "httpPort" | "ftpPort">,
): Addresses {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return { url: url ?? `http://${host}:${httpPort}`, incomingUrl: `ftp://${host}:${ftpPort}`, ftpPort };
}

/**
 * With a free port instead of each 0: what is made at the start (archives, cookies, links) names it, before anything
 * listens there. @throws MbdError bad_configuration
 */
export async function withRealPorts<T extends Pick<ServeOptions, "listen" | "httpPort" | "ftpPort">>(
  options: T,
): Promise<T> {
  // Held until both are known, so that they are two.
  const held: Server[] = [];
  const real = async (port: number): Promise<number> => {
    if (port !== 0) return port;
    const server = createServer();
    held.push(server);
    return await bind(server, options.listen);
  };
  try {
    return { ...options, httpPort: await real(options.httpPort), ftpPort: await real(options.ftpPort) };
  } finally {
    for (const server of held) await new Promise((resolve) => server.close(resolve));
  }
}

async function bind(server: Server, host: string): Promise<number> {
  server.listen({ host, port: 0 });
  await once(server, "listening").catch((error: unknown) => {
    throw new MbdError("bad_configuration", { reason: `cannot listen on ${host} (${errorText(error)})` });
  });
  return (server.address() as AddressInfo).port;
}
