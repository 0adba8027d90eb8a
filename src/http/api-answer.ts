import type { FastifyReply, FastifyRequest } from "fastify";
import {
  type CallDefinition,
  type CallPage,
  type CallView,
  callNamed,
  describeCall,
  type GivenArguments,
  type Invocation,
  type Output,
  problemOf,
  unpublishedIn,
} from "#api";
import { ERROR_CATALOGUE, MbdError } from "#platform";
import type { ApiRouteDeps } from "./api-deps.ts";
import { isReading, outputFor, sendPage, sendProblem, sendResult } from "./api-send.ts";
import type { Caller } from "./caller.ts";
import type { CallRequest } from "./given.ts";

/** What one request asks of one call. */
interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly definition: CallDefinition;
  readonly given: GivenArguments;
  readonly output: Output;
  readonly caller: Caller;
}

/** Runs a call, or shows its form or what it would do. A GET never changes anything. */
export async function answerCall(
  deps: ApiRouteDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  sent: CallRequest,
) {
  const output = outputFor(request, sent.output);
  const definition = callNamed(name);
  const caller = await deps.identify(request);
  const asked: Asked = { request, reply, definition, given: sent.given, output, caller };
  if (output === "html" && isReading(request) && wantsForm(definition, sent))
    return sendPage(reply, deps.callPages.form(await pageOf(deps, asked)));
  try {
    if (isReading(request) && definition.changes && !definition.confirm) refuseReading(definition);
    const confirm = isReading(request) ? undefined : sent.confirm;
    const answer = await deps.invoker.invoke(name, sent.given, { ...caller, confirm });
    return await sendAnswer(deps, asked, answer);
  } catch (error) {
    return await answerError(deps, asked, error);
  }
}

/** `method_not_allowed`, with the right way to do it. */
export function refuseReading({ name, confirm }: CallDefinition): never {
  const allowed = `POST /api/${name}${confirm ? ` with confirm=${name}` : ""}.`;
  throw new MbdError("method_not_allowed", { what: `Call '${name}'`, method: "GET", allowed });
}

/** A bare address of a call that needs arguments, or changes something, is a person who wants the form. */
function wantsForm(definition: CallDefinition, sent: CallRequest): boolean {
  if (sent.form === "1" || (definition.changes && !definition.confirm)) return true;
  const required = Object.values(definition.arguments).some((argument) => argument.required);
  const bare = Object.keys(sent.given).length === 0 && sent.form === undefined;
  return bare && (required || definition.confirm);
}

async function sendAnswer(deps: ApiRouteDeps, asked: Asked, answer: Invocation) {
  const { request, reply, output, caller } = asked;
  if (answer.state === "unconfirmed") {
    const { plan } = answer;
    if (output === "html")
      return sendPage(reply, deps.callPages.confirm({ ...(await pageOf(deps, asked)), plan }));
    const error = new MbdError("confirmation_missing", { call: answer.definition.name });
    return sendProblem(reply, problemOf(error, { request: request.id, plan }));
  }
  // The change is made; what is left to do goes on by itself.
  if (unpublishedIn(answer.result).length > 0) reply.code(202);
  if (output !== "html") return sendResult(request, reply, caller.principal, output, answer.result);
  return sendPage(reply, deps.callPages.result({ ...(await pageOf(deps, asked)), result: answer.result }));
}

/** What is wrong with a request is shown in its form, at the argument; programs get a problem. */
export async function answerError(deps: ApiRouteDeps, asked: Asked, error: unknown) {
  if (!(error instanceof MbdError) || !isAboutCall(error)) throw error;
  const { request, reply } = asked;
  deps.errors.prepare(error, reply);
  if (error.code === "method_not_allowed") reply.header("allow", "POST");
  const page = await pageOf(deps, asked);
  const choices = page.view.arguments.find(({ name }) => name === error.params.argument)?.choices ?? [];
  const problem = problemOf(error, { request: request.id, ...(choices.length === 0 ? {} : { choices }) });
  if (asked.output !== "html") return sendProblem(reply, problem);
  return sendPage(reply, deps.callPages.form({ ...page, problem }));
}

/** Who one is, what is too much and what went wrong inside is no matter of the call's form. */
function isAboutCall(error: MbdError): boolean {
  return ERROR_CATALOGUE[error.code].kind !== "internal" && ![401, 403, 429].includes(error.status);
}

async function pageOf(deps: ApiRouteDeps, asked: Asked): Promise<CallPage> {
  const { definition, given, caller } = asked;
  const view = await viewOf(deps, definition);
  return { definition, view, given: textsOf(definition, given), principal: caller.principal };
}

export async function viewOf(
  deps: ApiRouteDeps,
  definition: CallDefinition,
  begin?: string,
): Promise<CallView> {
  const view = await describeCall(definition, deps.invoker.known, begin);
  return { ...view, available: deps.invoker.available(definition) };
}

/** What was given as text, also where it is not what the call takes: forms show it again. */
function textsOf(definition: CallDefinition, given: GivenArguments): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given)
      .map(([name, value]) => [name.replaceAll("-", "_"), value] as const)
      .filter(([name, value]) => Object.hasOwn(definition.arguments, name) && value !== null && value !== "")
      .map(([name, value]) => [name, value === true ? "True" : String(value)]),
  );
}
