import { createServer, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** An answer to be sent again and again. */
export interface Canned {
  readonly headers: OutgoingHttpHeaders;
  /** base64 */
  readonly body: string;
}

/** Sends the same bytes to whoever asks, without a look at what is asked; tells its port. */
export async function serveFloor({ headers, body }: Canned): Promise<number> {
  const bytes = Buffer.from(body, "base64");
  const server = createServer((_request, response) => {
    response.writeHead(200, headers).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
