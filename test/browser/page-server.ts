import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { EventView } from "#events";
import { errorPage, type PageDeps, type PageRoute } from "#web";
import { visit } from "../../src/web/testing/site.ts";

/** Stricter than any server of these pages needs to be: nothing inline, nothing from elsewhere. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export interface PageServer {
  readonly url: string;
  /** Tells the open pages of an event, as the stream of `/api/events` would. */
  announce(event: Pick<EventView, "id">): void;
  close(): Promise<void>;
}

/** Serves pages, a stream of events and nothing else on loopback. */
export async function servePages(deps: PageDeps, routes: readonly PageRoute[]): Promise<PageServer> {
  const listeners = new Set<(text: string) => void>();
  const server = createServer((request, response) => {
    const address = request.url ?? "/";
    if (address.startsWith("/api/events")) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": open\n\n");
      const send = (text: string) => response.write(text);
      listeners.add(send);
      response.on("close", () => listeners.delete(send));
      return;
    }
    const missing = errorPage(deps, { status: 404, message: `${address} was not found.` });
    void visit(routes, address)
      .catch(() => missing)
      .then((page) => {
        const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY };
        response.writeHead(page.status, { ...headers, ...page.headers });
        response.end(page.html);
      });
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    announce(event) {
      for (const send of listeners) send(`id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
}
