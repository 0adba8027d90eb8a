import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { problem } from "#api";
import { answerTo, errorText, hasCode, MbdError } from "#platform";
import type { Endpoint } from "./endpoint.ts";
import { RemoteError } from "./exit-codes.ts";

export interface ClientRequest {
  readonly method: "GET" | "POST" | "PUT";
  /** Path with query, encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  readonly signal?: AbortSignal;
}

/** Speaks HTTP to one instance, over the network or its control socket. */
export interface Client {
  readonly endpoint: Endpoint;
  /** The answer's head; its body is still to be read. `unreachable` when there is nobody. */
  open(request: ClientRequest): Promise<IncomingMessage>;
  /** The text of a good answer; any other is thrown as RemoteError in the instance's own words. */
  text(request: ClientRequest): Promise<string>;
}

/** `authorization`: value of the header, if any. */
export function createClient(endpoint: Endpoint, authorization: string | undefined): Client {
  const open = (request: ClientRequest) => send(endpoint, authorization, request);
  return {
    endpoint,
    open,
    async text(request) {
      const response = await open(request);
      const body = await text(response).catch((error: unknown) => {
        throw unreachable(endpoint, error);
      });
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return body;
      throw remoteError(endpoint, status, body);
    },
  };
}

async function send(
  endpoint: Endpoint,
  authorization: string | undefined,
  { method, path, headers, body, signal }: ClientRequest,
): Promise<IncomingMessage> {
  const { url, socket } = endpoint;
  const make = url.protocol === "https:" ? httpsRequest : httpRequest;
  const outgoing = make({
    ...(socket === undefined
      ? { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port }
      : { socketPath: socket }),
    method,
    path: `${url.pathname === "/" ? "" : url.pathname}${path}`,
    headers: {
      host: url.host,
      ...(authorization === undefined ? {} : { authorization }),
      ...(typeof body === "string" ? { "content-length": String(Buffer.byteLength(body)) } : {}),
      ...headers,
    },
    ...(signal === undefined ? {} : { signal }),
  });
  const answered = answerTo(outgoing, signal);
  try {
    if (body === undefined || typeof body === "string") outgoing.end(body);
    // An instance that refuses a file answers before it has all of it: its answer counts, not the broken pipe.
    else await Promise.race([pipeline(body, outgoing).catch(() => undefined), answered]);
    return await answered;
  } catch (error) {
    throw unreachable(endpoint, error);
  }
}

export function unreachable(endpoint: Endpoint, error: unknown): MbdError {
  if (error instanceof MbdError) return error;
  const place = endpoint.socket ?? endpoint.name;
  const reason =
    endpoint.socket !== undefined && hasCode(error, "EACCES")
      ? "its control socket is for root and the owner of the home only"
      : reasonOf(error);
  return new MbdError("unreachable", { endpoint: place, reason }, { cause: error });
}

/** Node tells of a host with several addresses as one error without words that holds one for each. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(", ");
  return errorText(error);
}

/** The problem that an answer carries, or, from something that is not mini-buildd, its first line. */
export function remoteError(endpoint: Endpoint, status: number, body: string): RemoteError {
  const parsed = problem.safeParse(jsonOf(body));
  if (parsed.success) return new RemoteError(parsed.data);
  const [line = ""] = body.trim().split("\n");
  const what = line.startsWith("<") || line === "" ? "" : `: ${line.slice(0, 300)}`;
  return new RemoteError({
    status,
    code: "unknown",
    detail: `${endpoint.name} answered with status ${status}${what}`,
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error instanceof SyntaxError ? undefined : error;
  }
}
