import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type HttpUpload, type HttpUploadAnswer, SESSION_HEADER } from "#incoming";
import { errorText, type Log } from "#platform";
import type { Identify } from "./caller.ts";
import type { ClientAddress } from "./client-address.ts";
import { type ErrorAnswers, toMbdError } from "./errors.ts";

export interface UploadRouteDeps {
  /** Takes or finds one file; see `receiveHttp` of `#incoming`. Never throws for anything a client can do. */
  readonly uploads: (upload: HttpUpload) => Promise<HttpUploadAnswer>;
  readonly identify: Identify;
  readonly clientOf: ClientAddress;
  readonly errors: ErrorAnswers;
  readonly log: Log;
}

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
    scope.put<Star>("/upload/*", async (request, reply) => await answerUpload(deps, "PUT", request, reply));
    scope.head<Star>("/upload/*", async (request, reply) => await answerUpload(deps, "HEAD", request, reply));
    scope.setErrorHandler((error, request, reply) => refuse(deps, error, request, reply));
  });
}

async function answerUpload(
  deps: UploadRouteDeps,
  method: HttpUpload["method"],
  request: FastifyRequest<Star>,
  reply: FastifyReply,
) {
  const { principal, client } = await deps.identify(request);
  const token = request.headers[SESSION_HEADER];
  const length = request.headers["content-length"];
  const answer = await deps.uploads({
    method,
    file: request.params["*"],
    // The reader destroys its stream when it refuses a file; the connection must live on to carry the answer.
    body: Readable.from(request.raw.iterator({ destroyOnReturn: false }), { objectMode: false }),
    lengthBytes: length === undefined ? undefined : Number(length),
    sessionToken: typeof token === "string" ? token : undefined,
    user: principal.kind === "nobody" ? undefined : `${principal.kind}:${principal.name}`,
    address: client,
  });
  if (isBrokenOff(request)) return reply;
  if (answer.status >= 400) await letGo(request, reply);
  reply.raw.statusMessage = answer.reason;
  reply.code(answer.status).headers(answer.headers);
  if (method === "HEAD") return reply.type("application/octet-stream").send();
  return reply.type("text/plain; charset=utf-8").send(`${answer.reason}\n`);
}

/** Errors before the upload was looked at: credentials, a malformed address. */
async function refuse(deps: UploadRouteDeps, error: unknown, request: FastifyRequest, reply: FastifyReply) {
  if (isBrokenOff(request)) {
    deps.log.info(
      { reason: errorText(error), client: deps.clientOf(request) },
      "upload broken off by the client",
    );
    return reply;
  }
  const { message } = toMbdError(error, request.id, 0);
  // Classic dput shows nothing but the reason phrase; only printable ASCII may stand there (RFC 9112 4).
  reply.raw.statusMessage = message.replace(/[^\x20-\x7e]+/g, " ").slice(0, 300);
  await letGo(request, reply);
  deps.errors.answer(error, request, reply);
  return reply;
}

function isBrokenOff(request: FastifyRequest): boolean {
  return request.raw.destroyed && !request.raw.complete;
}

async function letGo(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.raw.complete) return;
  reply.header("connection", "close");
  await drain(request.raw);
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
