import type { FastifyReply, FastifyRequest } from "fastify";
import type { Principal } from "#accounts";
import { OUTPUTS, type Output, type Problem, plainResult } from "#api";
import { MbdError } from "#platform";
import { etagOf, isKnown } from "./etag.ts";

/** `output` decides, else what the client accepts; a client that says nothing (curl) gets plain text. */
export function outputFor(request: FastifyRequest, output: string | undefined): Output {
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

/** Answers with a result as text; what is only read has a tag, so a client that has it already is told so. */
export function sendResult(
  request: FastifyRequest,
  reply: FastifyReply,
  principal: Principal,
  output: Output,
  result: unknown,
) {
  const body = output === "json" ? JSON.stringify(result) : plainResult(result);
  reply
    .type(output === "json" ? "application/json; charset=utf-8" : "text/plain; charset=utf-8")
    .header("vary", "accept, authorization, cookie");
  if (!isReading(request)) return reply.header("cache-control", "no-store").send(body);
  const etag = etagOf(body);
  reply
    .header("etag", etag)
    .header("cache-control", principal.kind === "nobody" ? "no-cache" : "private, no-cache");
  return isKnown(etag, request.headers["if-none-match"]) ? reply.code(304).send() : reply.send(body);
}

export function isReading(request: FastifyRequest): boolean {
  return request.method === "GET" || request.method === "HEAD";
}

export function sendProblem(reply: FastifyReply, problem: Problem) {
  return reply
    .code(problem.status)
    .header("cache-control", "no-store")
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify(problem));
}

export function sendPage(reply: FastifyReply, html: string) {
  return reply
    .header("cache-control", "private, no-cache")
    .header("vary", "accept, authorization, cookie")
    .type("text/html; charset=utf-8")
    .send(html);
}
