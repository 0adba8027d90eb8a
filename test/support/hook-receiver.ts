import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedHook {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HookReceiver {
  readonly port: number;
  readonly received: ReceivedHook[];
  /** How the next messages are answered; 200 unless said otherwise. */
  answer: (response: ServerResponse, received: ReceivedHook) => void;
  close(): Promise<void>;
}

/** A real HTTP server on loopback that web hooks are sent to. */
export async function startHookReceiver(port = 0): Promise<HookReceiver> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      const message = { path: request.url ?? "", headers: request.headers, body };
      receiver.received.push(message);
      receiver.answer(response, message);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const receiver: HookReceiver = {
    port: (server.address() as AddressInfo).port,
    received: [],
    answer: (response) => void response.end(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
