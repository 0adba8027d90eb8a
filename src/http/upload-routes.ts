import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isFileName } from "#deb";
import { errorText, type Log, MbdError } from "#platform";
import type { Caller, Identify } from "./caller.ts";
import type { IncomingHttp } from "./deps.ts";
import { type ErrorAnswers, toMbdError } from "./errors.ts";

export interface UploadRouteDeps {
  readonly incoming: IncomingHttp;
  readonly identify: Identify;
  readonly errors: ErrorAnswers;
  readonly log: Log;
}

/** Header with the token that files of one session share; without it the user, else the address decides. */
export const SESSION_HEADER = "x-mini-buildd-session";

/** How much of a refused file is still read, so that clients who send all before they listen see the answer. */
const DRAIN_BYTES = 32 * 1024 * 1024;
const DRAIN_MS = 5000;

type Star = { Params: { "*": string } };

/**
 * `PUT /upload/<file>` and `HEAD` (pipeline.md 2.1), in a scope of its own: no body is parsed (dput-ng calls a .changes
 * a form), and a wildcard route has no limit on the length of names.
 */
export async function registerUploadRoutes(app: FastifyInstance, deps: UploadRouteDeps): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    scope.put<Star>("/upload/*", async (request, reply) => await receive(deps, request, reply));
    scope.head<Star>("/upload/*", async (request, reply) => await head(deps, request, reply));
    scope.setErrorHandler((error, request, reply) => refuse(deps, error, request, reply));
  });
}

async function receive(deps: UploadRouteDeps, request: FastifyRequest<Star>, reply: FastifyReply) {
  const name = fileName(request);
  const caller = await deps.identify(request);
  // The reader destroys its stream when it refuses a file; the connection must live on to carry the answer.
  const stream = Readable.from(request.raw.iterator({ destroyOnReturn: false }), { objectMode: false });
  const answer = await deps.incoming.receiveHttp({
    key: sessionKey(request, caller),
    client: caller.client,
    name,
    stream,
  });
  if (answer.location !== undefined) reply.header("location", answer.location);
  setReason(reply, answer.message);
  return reply.code(answer.status).type("text/plain; charset=utf-8").send(`${answer.message}\n`);
}

async function head(deps: UploadRouteDeps, request: FastifyRequest<Star>, reply: FastifyReply) {
  const name = fileName(request);
  const caller = await deps.identify(request);
  const key = sessionKey(request, caller);
  const size = await deps.incoming.sizeHttp?.({ key, client: caller.client, name });
  if (size === undefined) return reply.code(404).send();
  return reply.header("content-length", String(size)).type("application/octet-stream").send();
}

async function refuse(deps: UploadRouteDeps, error: unknown, request: FastifyRequest, reply: FastifyReply) {
  if (request.raw.destroyed && !request.raw.complete) {
    deps.log.info({ reason: errorText(error), client: request.ip }, "upload broken off by the client");
    return reply;
  }
  setReason(reply, toMbdError(error, request.id, 0).message);
  if (!request.raw.complete) {
    reply.header("connection", "close");
    await drain(request.raw);
  }
  deps.errors.answer(error, request, reply);
  return reply;
}

function fileName(request: FastifyRequest<Star>): string {
  const name = request.params["*"];
  if (!isFileName(name)) throw new MbdError("bad_file_name", { name: name.slice(0, 100) });
  return name;
}

function sessionKey(request: FastifyRequest, caller: Caller): string {
  const token = request.headers[SESSION_HEADER];
  if (token !== undefined) {
    if (typeof token !== "string" || !/^[A-Za-z0-9_-]{16,128}$/.test(token))
      throw new MbdError("bad_request", {
        reason: `the header ${SESSION_HEADER} needs 16 to 128 letters and digits`,
      });
    return `token:${token}`;
  }
  return caller.principal.kind === "nobody"
    ? `address:${caller.client}`
    : `${caller.principal.kind}:${caller.principal.name}`;
}

/** Classic dput shows nothing but the reason phrase; only printable ASCII may stand there (RFC 9112 4). */
function setReason(reply: FastifyReply, message: string): void {
  reply.raw.statusMessage = message.replace(/[^\x20-\x7e]+/g, " ").slice(0, 300);
}

async function drain(stream: Readable): Promise<void> {
  let bytes = 0;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, DRAIN_MS);
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > DRAIN_BYTES) done();
    };
    function done() {
      clearTimeout(timer);
      stream.off("data", count).off("end", done).off("close", done).pause();
      resolve();
    }
    stream.on("data", count).once("end", done).once("close", done).resume();
  });
}
