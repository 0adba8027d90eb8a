import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { performance } from "node:perf_hooks";
import { buffer } from "node:stream/consumers";

/** One request, sent exactly as it is said: no address is tidied, no header added but what HTTP needs. */
export interface PlainRequest {
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** Path with query, encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, parameters as a form, text and bytes as they are. */
  readonly body?: object | string | Uint8Array | URLSearchParams;
  /** Address of the loopback that it comes from; whoever guesses too often is refused by address. */
  readonly from?: string;
}

export interface PlainAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** From the first byte sent to the last one read. */
  readonly ms: number;
  json(): unknown;
}

export interface PlainClient {
  ask(request: PlainRequest): Promise<PlainAnswer>;
  close(): void;
}

/** An answer later than this is a hang. */
const HANG_MS = 20_000;

export function createPlainClient(port: number): PlainClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  return {
    ask: (asked) => ask(agent, port, asked),
    close: () => agent.destroy(),
  };
}

async function ask(agent: Agent, port: number, asked: PlainRequest): Promise<PlainAnswer> {
  const { bytes, type } = encoded(asked.body);
  const start = performance.now();
  return await new Promise((resolve, reject) => {
    const outgoing = request({
      ...{ agent, host: "127.0.0.1", port, path: asked.path, method: asked.method ?? "GET" },
      ...(asked.from === undefined ? {} : { localAddress: asked.from }),
      headers: {
        ...(type === undefined ? {} : { "content-type": type }),
        ...(bytes === undefined ? {} : { "content-length": String(bytes.length) }),
        ...asked.headers,
      },
      timeout: HANG_MS,
    });
    outgoing.once("timeout", () => outgoing.destroy(new Error(`${asked.path.slice(0, 200)}: no answer`)));
    outgoing.once("error", reject);
    outgoing.once("response", (incoming) => {
      buffer(incoming).then((content) => {
        const text = content.toString("utf8");
        const { statusCode: status = 0, headers } = incoming;
        const ms = performance.now() - start;
        resolve({ status, headers, text, ms, json: () => JSON.parse(text) as unknown });
      }, reject);
    });
    outgoing.end(bytes);
  });
}

function encoded(body: PlainRequest["body"]): { bytes?: Uint8Array; type?: string } {
  if (body === undefined) return {};
  if (body instanceof Uint8Array) return { bytes: body };
  if (typeof body === "string") return { bytes: Buffer.from(body) };
  if (body instanceof URLSearchParams)
    return { bytes: Buffer.from(body.toString()), type: "application/x-www-form-urlencoded" };
  return { bytes: Buffer.from(JSON.stringify(body)), type: "application/json" };
}
