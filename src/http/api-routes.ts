import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { allCalls, callNamed } from "#api";
import { MbdError } from "#platform";
import { answerCall, answerError, refuseReading, viewOf } from "./api-answer.ts";
import type { ApiRouteDeps } from "./api-deps.ts";
import { outputFor, sendPage, sendResult } from "./api-send.ts";
import { parseForm, readCallRequest } from "./given.ts";
import { openApi } from "./openapi.ts";
import { createSessionCookie } from "./session-cookie.ts";

/** `/api/…` and the original's `/mini_buildd/api/`, all derived from the registry. */
export function registerApiRoutes(app: FastifyInstance, deps: ApiRouteDeps): void {
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    async (_request: FastifyRequest, body: string | Buffer) => parseForm(String(body)),
  );
  app.get("/api", async (_request, reply) => reply.redirect("/api/", 308));
  app.get("/api/", async (request, reply) => await answerIndex(deps, request, reply));
  app.get("/api/openapi.json", async (request, reply) => {
    const { principal } = await deps.identify(request);
    return sendResult(
      request,
      reply,
      principal,
      "json",
      openApi({ ...deps, cookie: createSessionCookie(deps.url).name }),
    );
  });
  app.get<{ Params: { call: string } }>("/api/:call", async (request, reply) => {
    const sent = readCallRequest(request.query, undefined);
    return await answerCall(deps, request, reply, request.params.call, sent);
  });
  app.post<{ Params: { call: string } }>("/api/:call", async (request, reply) => {
    keepWaiting(request);
    const sent = readCallRequest(request.query, request.body);
    return await answerCall(deps, request, reply, request.params.call, sent);
  });
  app.route<{ Params: { call: string } }>({
    method: ["PUT", "PATCH", "DELETE"],
    url: "/api/:call",
    handler: async (request, reply) => refuseMethod(request, reply, request.params.call),
  });
  for (const path of ["/mini_buildd/api", "/mini_buildd/api/"])
    app.get(path, async (request, reply) => await answerOriginal(deps, request, reply));
}

/** A call may take hours (a mirror), in which nothing moves on its connection. */
function keepWaiting({ raw }: FastifyRequest): void {
  // Requests that tests make up have no connection.
  if (typeof raw.setTimeout === "function") raw.setTimeout(0);
}

async function answerIndex(deps: ApiRouteDeps, request: FastifyRequest, reply: FastifyReply) {
  const sent = readCallRequest(request.query, undefined);
  const output = outputFor(request, sent.output);
  const { principal } = await deps.identify(request);
  const calls = [];
  // `?call=NAME&begin=TEXT`: that one only, for the command line's completion, which has little time.
  for (const call of sent.call === undefined ? allCalls() : [callNamed(sent.call)])
    calls.push(await viewOf(deps, call, sent.begin));
  if (output !== "html")
    return sendResult(request, reply, principal, output, { version: deps.version, calls });
  return sendPage(reply, deps.callPages.index({ calls, principal }));
}

/** The form of the original: the same answers for calls that change nothing. */
async function answerOriginal(deps: ApiRouteDeps, request: FastifyRequest, reply: FastifyReply) {
  const sent = readCallRequest(request.query, undefined);
  if (sent.call === undefined) return await answerIndex(deps, request, reply);
  const definition = callNamed(sent.call);
  if (!definition.changes) return await answerCall(deps, request, reply, definition.name, sent);
  const output = outputFor(request, sent.output);
  const caller = await deps.identify(request);
  const asked = { request, reply, definition, given: sent.given, output, caller };
  try {
    return refuseReading(definition);
  } catch (error) {
    return await answerError(deps, asked, error);
  }
}

function refuseMethod(request: FastifyRequest, reply: FastifyReply, name: string): never {
  const { changes, confirm } = callNamed(name);
  const allowed = changes && !confirm ? "POST" : "GET, HEAD, POST";
  reply.header("allow", allowed);
  throw new MbdError("method_not_allowed", {
    what: `Call '${name}'`,
    method: request.method,
    allowed: `Use ${allowed.replace(/, POST$/, " or POST")}.`,
  });
}
