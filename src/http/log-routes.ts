import type { FastifyInstance, FastifyReply } from "fastify";
import { CHECK_TOOLS, type CheckTool } from "#builds";
import { errorText, type Log, MbdError } from "#platform";
import type { Identify } from "./caller.ts";
import type { HttpLimits, LogReader } from "./deps.ts";
import { pause, type Stream, type Streams } from "./streams.ts";

export interface LogRouteDeps {
  readonly logs: LogReader;
  readonly streams: Streams;
  readonly identify: Identify;
  readonly limits: HttpLimits;
  readonly log: Log;
}

type Build = { Params: { id: string } };

/**
 * `GET /builds/<id>/log?from=BYTE`: the log from that byte on; header `x-log-ended` says whether more can come.
 * With `follow=1` the answer goes on until the build has ended; with `tool=autopkgtest` or `tool=piuparts` it is the log
 * of that check, with `attempt=N` that of an earlier attempt.
 */
export function registerLogRoutes(app: FastifyInstance, deps: LogRouteDeps): void {
  app.get<Build>("/builds/:id/log", { exposeHeadRoute: false }, async (request, reply) => {
    const build = numberOf(request.params.id, "id");
    const query = request.query as Readonly<Record<string, string | undefined>>;
    const from = numberOf(query.from ?? "0", "from");
    const tool = toolOf(query.tool);
    const attempt = query.attempt === undefined ? undefined : numberOf(query.attempt, "attempt");
    // A kept log is unpacked by a process of its own as long as its answer lasts, so those are bounded as well.
    const place = deps.streams.reserve((await deps.identify(request)).client);
    reply.raw.once("close", () => place.release());
    if (reply.raw.destroyed) place.release();
    const opened = await deps.logs.open(build, from, tool, attempt);
    if (opened === undefined) {
      const what = tool === undefined ? "The log" : `The log of ${tool}`;
      const which = attempt === undefined ? "" : `attempt ${attempt} of `;
      throw new MbdError("not_found", { what: `${what} of ${which}build ${build}` });
    }
    reply.headers({
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-cache",
      "x-log-ended": String(opened.ended),
    });
    if (opened.ended || !["1", "true"].includes(query.follow ?? "")) return reply.send(opened.stream);
    opened.stream.destroy();
    return await serveFollowed(deps, reply, (at) => deps.logs.open(build, at, tool, attempt), from);
  });
}

function numberOf(text: string, argument: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new MbdError("bad_argument", { argument, reason: "it must be a whole number, 0 or more" });
}

function toolOf(text: string | undefined): CheckTool | undefined {
  const tool = CHECK_TOOLS.find((name) => name === text);
  if (tool !== undefined || text === undefined) return tool;
  throw new MbdError("bad_argument", { argument: "tool", reason: `it must be ${CHECK_TOOLS.join(" or ")}` });
}

/** The log from a byte on. */
type Open = (from: number) => ReturnType<LogReader["open"]>;

async function serveFollowed(deps: LogRouteDeps, reply: FastifyReply, open: Open, from: number) {
  reply.removeHeader("x-log-ended").header("x-accel-buffering", "no").hijack();
  reply.raw.writeHead(200, reply.getHeaders() as Record<string, string>);
  const stream = deps.streams.open(reply.raw);
  await followLog(deps, stream, open, from);
  stream.end();
}

/** The log may move from its work directory to the kept ones meanwhile, so it is opened again for each look. */
async function followLog(deps: LogRouteDeps, stream: Stream, open: Open, from: number): Promise<void> {
  let position = from;
  try {
    while (!stream.signal.aborted) {
      const opened = await open(position);
      if (opened === undefined) return;
      for await (const chunk of opened.stream as AsyncIterable<Uint8Array>) {
        position += chunk.length;
        if (!(await stream.write(chunk))) return;
      }
      if (opened.ended) return;
      await pause(deps.limits.logPollMs, stream.signal);
    }
  } catch (error) {
    deps.log.warn({ reason: errorText(error) }, "following a build log ended");
  }
}
