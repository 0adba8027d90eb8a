import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";

/** What the proxy answers. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: IncomingMessage;
}

/** Headers that are one hop's business (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Asks the proxy what apt asked; undefined when nobody is there, or goes before the answer has begun. */
export async function ask(
  { method = "GET", url = "/", headers }: IncomingMessage,
  { port, signal }: { readonly port: number; readonly signal: AbortSignal },
): Promise<Answer | undefined> {
  return await new Promise((resolve) => {
    const none = (): void => resolve(undefined);
    const target = { host: "127.0.0.1", port, method, path: url, agent: false, signal } as const;
    const asked = httpRequest({ ...target, headers: withoutHops(headers) });
    asked.once("response", (body) => {
      // The reader of the body sees how it ends.
      body.on("error", () => undefined);
      resolve({ status: body.statusCode ?? 502, headers: withoutHops(body.headers), body });
    });
    // A connection may end in ways that are no error to Node.js, and no response.
    asked.on("error", none).on("close", none).on("upgrade", none);
    asked.end();
  });
}

/** Whether a second answer goes on with the first. */
export function isSameFile(first: Answer, second: Answer): boolean {
  const marks = ["content-length", "content-range", "etag", "last-modified"] as const;
  return (
    first.status === second.status && marks.every((name) => first.headers[name] === second.headers[name])
  );
}

function withoutHops(headers: IncomingMessage["headers"]): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}
