import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { answerTo, withoutHops } from "#platform";

/** What the proxy answers. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

/** Asks the proxy what apt asked; undefined when nobody is there, or goes before the answer has begun. */
export async function ask(
  { method = "GET", url = "/", headers }: IncomingMessage,
  { port, signal }: { readonly port: number; readonly signal: AbortSignal },
): Promise<Answer | undefined> {
  const target = { host: "127.0.0.1", port, method, path: url, agent: false, signal } as const;
  const request = httpRequest({ ...target, headers: withoutHops(headers) });
  const answered = answerTo(request, signal);
  request.end();
  // Whatever went wrong: the daemon is away, and will be back.
  const body = await answered.catch(() => undefined);
  if (body === undefined) return undefined;
  return { status: body.statusCode ?? 502, headers: withoutHops(body.headers), body };
}

/** Whether a second answer goes on with the first. */
export function isSameFile(first: Answer, second: Answer): boolean {
  const marks = ["content-length", "content-range", "etag", "last-modified"] as const;
  return (
    first.status === second.status && marks.every((name) => first.headers[name] === second.headers[name])
  );
}
