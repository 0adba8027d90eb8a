import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { NOBODY } from "#accounts";
import { problemOf } from "#api";
import { FormatError } from "#deb";
import { ERROR_CATALOGUE, errorText, type Log, MbdError } from "#platform";
import { callerOf } from "./caller.ts";
import type { Layout } from "./deps.ts";
import { type Html, html, NO_HTML } from "./html.ts";
import { signInPath } from "./local-path.ts";

const RETRY_SECONDS = 30;
const BODY_LIMIT_CODE = "FST_ERR_CTP_BODY_TOO_LARGE";

export interface ErrorAnswers {
  /** Answers with an error in the form the client can read; never a stack trace. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void;
  /** Sets status and headers of an error that the request's own page shows. */
  prepare(error: MbdError, reply: FastifyReply): void;
  notFound(request: FastifyRequest, reply: FastifyReply): void;
}

export function createErrorAnswers(deps: { layout: Layout; log: Log; bodyLimit: number }): ErrorAnswers {
  const answer = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const known = toMbdError(error, request.id, deps.bodyLimit);
    if (ERROR_CATALOGUE[known.code].kind === "internal")
      deps.log.error({ err: error, request: request.id, path: pathOf(request) }, "request failed");
    setErrorHeaders(known, reply);
    setRange(error, reply);
    send(known, request, reply, deps.layout);
  };
  return {
    answer,
    prepare: setErrorHeaders,
    notFound: (request, reply) =>
      answer(new MbdError("not_found", { what: pathOf(request).slice(0, 200) }), request, reply),
  };
}

/** What a person may read of anything thrown. */
export function toMbdError(error: unknown, requestId: string, bodyLimit: number): MbdError {
  if (error instanceof MbdError) return error;
  if (error instanceof FormatError)
    return new MbdError("bad_request", { reason: error.message.replace(/\.$/, "") }, { cause: error });
  const fastify = error as Partial<FastifyError>;
  if (fastify.statusCode === 416) return new MbdError("range_not_satisfiable", {}, { cause: error });
  if (fastify.statusCode === 412) return new MbdError("precondition_failed", {}, { cause: error });
  if (fastify.code === BODY_LIMIT_CODE)
    return new MbdError("too_large", { what: "The request", limit: bodyLimit }, { cause: error });
  if (fastify.statusCode !== undefined && fastify.statusCode >= 400 && fastify.statusCode < 500)
    return new MbdError("bad_request", { reason: errorText(error).replace(/\.$/, "") }, { cause: error });
  return new MbdError("internal_error", { reason: "an unexpected error", id: requestId }, { cause: error });
}

function setErrorHeaders(error: MbdError, reply: FastifyReply): void {
  reply.code(error.status).header("cache-control", "no-store");
  if (error.status === 401) {
    // With Basic a browser asks for name and password in a window of its own; people sign in on a page.
    const scheme = wantsHtml(reply.request) ? "Bearer" : "Basic";
    reply.header(
      "www-authenticate",
      `${scheme} realm="mini-buildd"${scheme === "Basic" ? ', charset="UTF-8"' : ""}`,
    );
  }
  if (ERROR_CATALOGUE[error.code].kind === "later") {
    const seconds = Number(error.params.seconds ?? RETRY_SECONDS);
    reply.header("retry-after", String(Number.isFinite(seconds) ? Math.ceil(seconds) : RETRY_SECONDS));
  }
}

/** With 416 goes the size (RFC 9110 15.5.17): apt sees by it that its partial file is already whole. */
function setRange(error: unknown, reply: FastifyReply): void {
  const { headers } = error as { headers?: Record<string, unknown> };
  const range = headers?.["Content-Range"];
  if (typeof range === "string") reply.header("content-range", range);
}

function send(error: MbdError, request: FastifyRequest, reply: FastifyReply, layout: Layout): void {
  const path = pathOf(request);
  if (isForPrograms(path)) {
    const hint = error.hint === undefined ? "" : `\n${error.hint}`;
    void reply.type("text/plain; charset=utf-8").send(`${error.message}${hint}\n`);
    return;
  }
  if (wantsHtml(request)) {
    const hint = error.hint === undefined ? NO_HTML : html`<p>${error.hint}</p>`;
    const body = html`<p role="alert">${error.message}</p>${hint}<p>${onward(error, request)}<a href="/">Home</a></p>`;
    const principal = callerOf(request)?.principal ?? NOBODY;
    const page = { title: `Error ${error.status}`, html: body.html, path, principal };
    void reply.type("text/html; charset=utf-8").send(layout(page));
    return;
  }
  void reply
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify(problemOf(error, { request: request.id })));
}

/** The way to sign in, and back to what was asked for; back to the page of a form that was sent. */
function onward(error: MbdError, request: FastifyRequest): Html {
  if (error.status !== 401) return NO_HTML;
  const back = request.method === "GET" ? request.url : refererOf(request);
  return html`<a class="button" href="${signInPath(back)}">Sign in</a> `;
}

function refererOf(request: FastifyRequest): string {
  const { referer, host } = request.headers;
  if (referer === undefined || !URL.canParse(referer)) return "/";
  const url = new URL(referer);
  return url.host === host ? `${url.pathname}${url.search}` : "/";
}

/** apt, dput and people with wget read these answers: a sentence, no page and no JSON. */
function isForPrograms(path: string): boolean {
  return /^\/(?:repositories|upload|assets)(?:\/|$)/.test(path) || /^\/builds\/[^/]+\/log$/.test(path);
}

/** Whether a browser asks; `output` in the address decides first, as for answers of calls. */
export function wantsHtml(request: FastifyRequest): boolean {
  // Not by new URL(): a target such as "//" is no address to it.
  const [, query] = request.url.split("?", 2);
  const output = new URLSearchParams(query).get("output");
  if (output !== null && output !== "") return output === "html";
  return /\btext\/html\b/.test(request.headers.accept ?? "");
}

export function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "/";
}
