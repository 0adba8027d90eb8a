import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { errorText, MbdError } from "#platform";
import { type Client, remoteError, unreachable } from "./client.ts";
import { RemoteError } from "./exit-codes.ts";

/** An event as the command line needs it; everything else is kept for `--json`. */
const cliEvent = z.looseObject({
  id: z.int(),
  type: z.string(),
  time: z.string(),
  source: z.string().optional(),
  version: z.string().optional(),
  distribution: z.string().optional(),
  arch: z.string().optional(),
  bkey: z.string().optional(),
  message: z.string(),
  upload: z.int().optional(),
  packaging: z.int().optional(),
  data: z.record(z.string(), z.unknown()).default({}),
});
export type CliEvent = z.output<typeof cliEvent>;

export interface FollowOptions {
  /** Filters as query parameters of `/api/events`. */
  readonly query: Readonly<Record<string, string>>;
  /** Only events after this id; without it, those from now on. */
  readonly after?: number | undefined;
  readonly signal: AbortSignal;
  /** Told once for each loss of the connection. */
  onLost(reason: string): void;
  /** Seconds before the next try, by number of tries. */
  retrySeconds?(tries: number): number;
}

/**
 * All events from a point on, without gaps or repeats: after a lost connection the stream goes on behind the last id
 * seen. Throws only when the first connection fails, or the instance refuses.
 */
export async function* followEvents(client: Client, options: FollowOptions): AsyncGenerator<CliEvent> {
  const wait = options.retrySeconds ?? ((tries: number) => Math.min(30, 2 ** (tries - 1)));
  let last = options.after;
  let connected = false;
  let tries = 0;
  while (!options.signal.aborted) {
    try {
      const response = await connect(client, options, last);
      connected = true;
      tries = 0;
      for await (const block of blocksOf(response)) {
        // The first block has an id only: where the stream starts when nothing was asked for.
        last = block.id ?? last;
        if (block.event !== undefined) yield block.event;
      }
      options.onLost("the stream ended");
    } catch (error) {
      if (options.signal.aborted) return;
      if (!connected || error instanceof RemoteError) throw error;
      if (tries === 0) options.onLost(errorText(error));
    }
    tries += 1;
    await pause(wait(tries) * 1000, options.signal);
  }
}

async function connect(
  client: Client,
  options: FollowOptions,
  last: number | undefined,
): Promise<IncomingMessage> {
  const query = new URLSearchParams(options.query);
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (last !== undefined) headers["last-event-id"] = String(last);
  const path = `/api/events?${query}`;
  const response = await client.open({ method: "GET", path, headers, signal: options.signal });
  const status = response.statusCode ?? 0;
  const type = response.headers["content-type"] ?? "";
  if (status === 200 && type.startsWith("text/event-stream")) return response;
  const error = remoteError(client.endpoint, status, await text(response));
  // Refused for now (starting, stopping, too many): worth another try. Anything else stays as it is.
  throw status === 503 || status === 429 || status === 502 ? unreachable(client.endpoint, error) : error;
}

interface Block {
  readonly id: number | undefined;
  readonly event: CliEvent | undefined;
}

const MAX_BLOCK = 4 * 1024 * 1024;

/** The blocks of a stream (HTML standard, 9.2). */
async function* blocksOf(response: IncomingMessage): AsyncGenerator<Block> {
  let buffer = "";
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) {
    buffer += chunk;
    if (buffer.length > MAX_BLOCK) throw new MbdError("bad_request", { reason: "an event without end" });
    for (let end = buffer.indexOf("\n\n"); end >= 0; end = buffer.indexOf("\n\n")) {
      yield parseBlock(buffer.slice(0, end));
      buffer = buffer.slice(end + 2);
    }
  }
}

function parseBlock(block: string): Block {
  const values = (name: string) =>
    block
      .split("\n")
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, ""));
  const id = values("id").at(-1);
  const data = values("data").join("\n");
  return {
    id: id !== undefined && /^[0-9]+$/.test(id) ? Number(id) : undefined,
    event: data === "" ? undefined : cliEvent.parse(JSON.parse(data)),
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
