import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { EVENT_TYPES, type EventFilter, type EventView } from "#events";
import { errorText, type Log, MbdError } from "#platform";
import type { Identify } from "./caller.ts";
import type { HttpDeps, HttpLimits } from "./deps.ts";
import { reasonOf } from "./invalid.ts";
import { pause, type Stream, type Streams } from "./streams.ts";

export interface EventRouteDeps {
  readonly events: HttpDeps["events"];
  readonly streams: Streams;
  readonly identify: Identify;
  readonly limits: HttpLimits;
  readonly log: Log;
}

const BATCH = 200;
const id = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const text = z.string().max(256);

const eventQuery = z.object({
  after: id.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  type: text.optional(),
  distribution: text.optional(),
  source: text.optional(),
  version: text.optional(),
  min_version: text.optional(),
  packaging: id.optional(),
  bkey: text.optional(),
});
type EventQuery = z.output<typeof eventQuery>;

/**
 * `GET /api/events`: JSON, or server-sent events for who accepts `text/event-stream`. Event ids are gap-free, so
 * `after` (or `Last-Event-ID`) with the last id seen is a complete resume.
 */
export function registerEventRoutes(app: FastifyInstance, deps: EventRouteDeps): void {
  app.get("/api/events", { exposeHeadRoute: false }, async (request, reply) => {
    const query = readQuery(request.query);
    if (/\btext\/event-stream\b/.test(request.headers.accept ?? ""))
      return await serveStream(deps, request, reply, query);
    reply.header("cache-control", "no-store");
    return await listEvents(deps, query);
  });
}

/** Oldest first. Without `after`: the newest ones. `last` is what to give as `after` next time. */
async function listEvents(deps: EventRouteDeps, query: EventQuery) {
  const filter = filterOf(query);
  if (query.after !== undefined) return await deps.events.after(query.after, filter, query.limit);
  const events = (await deps.events.latest(filter, query.limit)).toReversed();
  return { events, last: events.at(-1)?.id ?? 0 };
}

function readQuery(query: unknown): EventQuery {
  const result = eventQuery.safeParse(query);
  if (result.success) return result.data;
  throw new MbdError("bad_argument", reasonOf(result.error, "query"));
}

function filterOf(query: EventQuery): EventFilter {
  const types = (query.type ?? "").split(",").filter((item) => item !== "");
  for (const type of types) {
    if (!EVENT_TYPES.some((known) => known === type))
      throw new MbdError("bad_argument", {
        argument: "type",
        reason: `'${type.slice(0, 40)}' is not one of: ${EVENT_TYPES.join(", ")}`,
      });
  }
  return {
    types: types.length > 0 ? types : undefined,
    source: query.source,
    version: query.version,
    minVersion: query.min_version,
    distribution: query.distribution,
    packaging: query.packaging,
    bkey: query.bkey,
  };
}

async function serveStream(
  deps: EventRouteDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  query: EventQuery,
) {
  const filter = filterOf(query);
  const lastSeen = id.safeParse(request.headers["last-event-id"]);
  const { client } = await deps.identify(request);
  const place = deps.streams.reserve(client);
  try {
    const start = lastSeen.data ?? query.after ?? (await deps.events.latest({}, 1))[0]?.id ?? 0;
    reply.headers({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // nginx would keep events until its buffer is full
      "x-accel-buffering": "no",
    });
    reply.hijack();
    reply.raw.writeHead(200, reply.getHeaders() as Record<string, string>);
    const stream = deps.streams.open(reply.raw);
    await followEvents(deps, stream, filter, start);
    stream.end();
  } finally {
    place.release();
  }
}

/** Sends all events after `start` and then each new one until the client goes or the server stops. */
async function followEvents(deps: EventRouteDeps, stream: Stream, filter: EventFilter, start: number) {
  let waker = new AbortController();
  const stopListening = deps.events.onNew(() => waker.abort());
  try {
    // An id without data is remembered by clients and resumes from here, even when the first event is lost.
    let last = start;
    let alive = await stream.write(`retry: 2000\nid: ${start}\n\n`);
    while (alive && !stream.signal.aborted) {
      waker = new AbortController();
      const batch = await deps.events.after(last, filter, BATCH);
      if (batch.events.length > 0) alive = await stream.write(batch.events.map(eventText).join(""));
      const mayBeMore = batch.last !== last;
      last = batch.last;
      if (mayBeMore) continue;
      await pause(deps.limits.heartbeatMs, stream.signal, waker.signal);
      if (!waker.signal.aborted) alive = alive && (await stream.write(": still here\n\n"));
    }
  } catch (error) {
    deps.log.warn({ reason: errorText(error) }, "event stream ended");
  } finally {
    stopListening();
  }
}

function eventText(event: EventView): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
