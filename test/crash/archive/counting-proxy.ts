import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** What went through. */
export interface Traffic {
  readonly requests: number;
  readonly bytes: number;
  /** Answers by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Of all answers to `InRelease`, by status. */
  readonly releases: ReadonlyMap<number, number>;
}

export interface CountingProxy {
  readonly port: number;
  readonly traffic: Traffic;
  close(): Promise<void>;
}

/** Stands between clients and the server, passes everything on as it is, and counts. */
export async function startCountingProxy(target: number): Promise<CountingProxy> {
  const counted = {
    requests: 0,
    bytes: 0,
    statuses: new Map<number, number>(),
    releases: new Map<number, number>(),
  };
  const count = (map: Map<number, number>, status: number) => map.set(status, (map.get(status) ?? 0) + 1);
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = "/" } = incoming;
    const asked = request({ port: target, host: "127.0.0.1", method, path: url, headers }, (answer) => {
      const status = answer.statusCode ?? 0;
      counted.requests += 1;
      count(counted.statuses, status);
      if (url.endsWith("/InRelease")) count(counted.releases, status);
      outgoing.writeHead(status, answer.rawHeaders);
      answer.on("data", (chunk: Buffer) => {
        counted.bytes += chunk.length;
      });
      answer.pipe(outgoing);
    });
    asked.on("error", () => outgoing.destroy());
    incoming.pipe(asked);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    traffic: counted,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
