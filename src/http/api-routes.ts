import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Principal } from "#accounts";
import {
  allCalls,
  callNamed,
  describeCall,
  type GivenArguments,
  type Invoker,
  OUTPUTS,
  type Output,
  plainResult,
  problemOf,
} from "#api";
import { MbdError } from "#platform";
import { confirmPage, formPage, indexPage, resultPage } from "./api-pages.ts";
import type { Caller, Identify } from "./caller.ts";
import type { Layout } from "./deps.ts";
import { pathOf } from "./errors.ts";
import { type CallRequest, parseForm, readCallRequest } from "./given.ts";
import type { Html } from "./html.ts";
import { openApi } from "./openapi.ts";

export interface ApiRouteDeps {
  readonly invoker: Invoker;
  readonly identify: Identify;
  readonly layout: Layout;
  readonly url: string;
  readonly version: string;
}

/** `/api/…` and the original's `/mini_buildd/api/`, all derived from the registry. */
export function registerApiRoutes(app: FastifyInstance, deps: ApiRouteDeps): void {
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done) => {
      done(null, parseForm(String(body)));
    },
  );
  app.get("/api", async (_request, reply) => reply.redirect("/api/", 308));
  app.get("/api/", async (request, reply) => await answerIndex(deps, request, reply));
  app.get("/api/openapi.json", async () => openApi(deps));
  app.get<{ Params: { call: string } }>("/api/:call", async (request, reply) => {
    const asked = readCallRequest(request.query, undefined);
    return await answerCall(deps, request, reply, request.params.call, { ...asked, confirm: undefined });
  });
  app.post<{ Params: { call: string } }>("/api/:call", async (request, reply) => {
    const asked = readCallRequest(request.query, request.body);
    return await answerCall(deps, request, reply, request.params.call, asked);
  });
  for (const path of ["/mini_buildd/api", "/mini_buildd/api/"])
    app.get(path, async (request, reply) => await answerOriginal(deps, request, reply));
}

async function answerIndex(deps: ApiRouteDeps, request: FastifyRequest, reply: FastifyReply) {
  const asked = readCallRequest(request.query, undefined);
  const output = outputFor(request, asked.output);
  const calls = [];
  // `?call=NAME`: that one only, for the command line's completion, which has little time.
  for (const call of asked.call === undefined ? allCalls() : [callNamed(asked.call)])
    calls.push(await describeCall(call, deps.invoker.known));
  if (output !== "html") return sendResult(reply, output, { version: deps.version, calls });
  const { principal } = await deps.identify(request);
  return sendPage(deps, request, reply, principal, "API", indexPage(calls, deps.url));
}

/** The form of the original: the same answers for calls that change nothing. */
async function answerOriginal(deps: ApiRouteDeps, request: FastifyRequest, reply: FastifyReply) {
  const asked = readCallRequest(request.query, undefined);
  if (asked.call === undefined) return await answerIndex(deps, request, reply);
  const { name, confirm } = callNamed(asked.call);
  if (confirm) {
    reply.header("allow", "POST");
    const allowed = `POST /api/${name} with confirm=${name}.`;
    throw new MbdError("method_not_allowed", { what: `Call '${name}'`, method: "GET", allowed });
  }
  return await answerCall(deps, request, reply, name, asked);
}

async function answerCall(
  deps: ApiRouteDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  asked: CallRequest,
) {
  const output = outputFor(request, asked.output);
  const definition = callNamed(name);
  const { form, ...given } = asked.given;
  const caller = await deps.identify(request);
  if (request.method === "GET" && output === "html" && (form !== undefined || needsForm(name, given))) {
    const page = formPage(await describeCall(definition, deps.invoker.known), textsOf(given));
    return sendPage(deps, request, reply, caller.principal, definition.name, page);
  }
  const answer = await deps.invoker.invoke(name, given, { ...caller, confirm: asked.confirm });
  reply.header("cache-control", "no-store");
  if (answer.state === "unconfirmed") return sendUnconfirmed(deps, request, reply, output, caller, answer);
  if (output !== "html") return sendResult(reply, output, answer.result);
  const page = resultPage(definition, textsOf(given), answer.result, deps.url);
  return sendPage(deps, request, reply, caller.principal, definition.name, page);
}

/** A bare address of a call that needs arguments, or changes something, is a person who wants the form. */
function needsForm(name: string, given: GivenArguments): boolean {
  const definition = callNamed(name);
  const required = Object.values(definition.arguments).some((argument) => argument.required);
  return Object.keys(given).length === 0 && (required || definition.confirm);
}

function sendUnconfirmed(
  deps: ApiRouteDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  output: Output,
  caller: Caller,
  answer: {
    definition: ReturnType<typeof callNamed>;
    given: Readonly<Record<string, string>>;
    plan: readonly string[];
  },
) {
  const { definition, given, plan } = answer;
  if (output === "html") {
    const page = confirmPage(definition, given, plan, deps.url);
    return sendPage(deps, request, reply, caller.principal, `Confirm ${definition.name}`, page);
  }
  const problem = problemOf(new MbdError("confirmation_missing", { call: definition.name }), {
    request: request.id,
    plan,
  });
  return reply
    .code(problem.status)
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify(problem));
}

function sendResult(reply: FastifyReply, output: Output, result: unknown) {
  return output === "json"
    ? reply.type("application/json; charset=utf-8").send(JSON.stringify(result))
    : reply.type("text/plain; charset=utf-8").send(plainResult(result));
}

function sendPage(
  deps: ApiRouteDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  principal: Principal,
  title: string,
  body: Html,
) {
  const page = deps.layout({ title, html: body.html, path: pathOf(request), principal });
  return reply.type("text/html; charset=utf-8").send(page);
}

/** `output` decides, else what the client accepts; a client that says nothing (curl) gets plain text. */
function outputFor(request: FastifyRequest, output: string | undefined): Output {
  if (output !== undefined) {
    const known = OUTPUTS.find((item) => item === output);
    if (known !== undefined) return known;
    throw new MbdError("bad_argument", {
      argument: "output",
      reason: `'${output.slice(0, 40)}' is not one of: ${OUTPUTS.join(", ")}`,
    });
  }
  const accept = request.headers.accept ?? "";
  if (/\btext\/html\b/.test(accept)) return "html";
  return /\bapplication\/(?:[a-z.-]+\+)?json\b/.test(accept) ? "json" : "plain";
}

function textsOf(given: GivenArguments): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== undefined && value !== null && value !== "")
      .map(([name, value]) => [name.replaceAll("-", "_"), String(value)]),
  );
}
