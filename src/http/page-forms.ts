import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Level, requireLevel } from "#accounts";
import { ERROR_CATALOGUE, type ErrorCode, MbdError } from "#platform";
import type { Caller, Identify } from "./caller.ts";
import type { PageRefusal, PageRoute } from "./deps.ts";
import type { ErrorAnswers } from "./errors.ts";
import { type FormFields, readFields } from "./form-fields.ts";

/** What a form gets. */
export interface FormSent extends FormFields {
  readonly caller: Caller;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Where to go on, with what was done (a code of `#web`, which has the words); or a secret to be shown once. */
export type FormResult = { readonly go: string; readonly done?: string } | { readonly secret: string };

/** A form of a page: what it changes, and where its page is shown again when it is refused. */
export interface PageForm {
  readonly path: string;
  /** Who may send it; anybody unless given. */
  readonly level?: Level;
  /** What it is, for those who may not. */
  readonly what?: string;
  /** The page with the form, and the form's name there; without, a refusal is a page of its own. */
  readonly page?: string;
  readonly name?: string;
  /** Its fields that a refusal can be about. */
  readonly fields?: readonly string[];
  /** The field that an error is about, where its arguments do not tell. */
  readonly about?: Partial<Record<ErrorCode, string>>;
  run(sent: FormSent): Promise<FormResult>;
}

export interface FormRouteDeps {
  readonly identify: Identify;
  readonly pages: readonly PageRoute[];
  readonly errors: ErrorAnswers;
}

/** Passwords are never sent back. */
const SECRETS = ["password", "repeat", "old"];

/** `POST` routes; that they come from a page of this instance is seen to for all requests (`refuseCrossSite`). */
export function registerForms(app: FastifyInstance, deps: FormRouteDeps, forms: readonly PageForm[]): void {
  for (const form of forms)
    app.post(form.path, async (request, reply) => {
      reply.header("cache-control", "no-store");
      const caller = await deps.identify(request);
      checkCaller(form, caller);
      const sent: FormSent = { ...readFields(request), caller, request, reply };
      try {
        const result = await form.run(sent);
        if ("go" in result) return reply.redirect(doneAt(result.go, result.done), 303);
        return await showPage(deps, form, sent, { secret: result.secret });
      } catch (error) {
        if (!(error instanceof MbdError) || form.page === undefined) throw error;
        if (ERROR_CATALOGUE[error.code].kind === "internal") throw error;
        deps.errors.prepare(error, reply);
        return await showPage(deps, form, sent, { refused: refusalOf(form, error) });
      }
    });
}

/** Forms are for people: a token that ends some day could make itself an account without an end there. */
function checkCaller({ level = "NONE", what = "This" }: PageForm, { principal }: Caller): void {
  if (level !== "NONE" && principal.kind === "token")
    throw new MbdError("not_a_user", { what, name: principal.name });
  requireLevel(principal, level, what);
}

/** `#content` replaces the place that the form's own address named: one sees first what was done. */
function doneAt(path: string, done: string | undefined): string {
  return done === undefined ? path : `${path}?done=${done}#content`;
}

async function showPage(
  deps: FormRouteDeps,
  form: PageForm,
  { caller, reply, ...sent }: FormSent,
  outcome: { readonly refused?: PageRefusal; readonly secret?: string },
) {
  const page = deps.pages.find(({ path }) => path === form.page);
  if (page === undefined) throw new Error(`there is no page ${form.page} to show the form of ${form.path}`);
  const shownAgain = (form.fields ?? []).filter((name) => !SECRETS.includes(name));
  const answer = await page.render({
    params: sent.params,
    query: sent.query,
    principal: caller.principal,
    session: caller.session?.id,
    url: page.path.replace(/:([a-z]+)/g, (_whole, name: string) =>
      encodeURIComponent(sent.params[name] ?? ""),
    ),
    form: {
      ...{ name: form.name ?? "", ...outcome },
      // What was done need not be done again.
      typed:
        outcome.refused === undefined
          ? {}
          : Object.fromEntries(shownAgain.map((name) => [name, withoutSecret(sent.text(name))])),
    },
  });
  if (outcome.refused === undefined || answer.status !== 200) reply.code(answer.status);
  return reply.type("text/html; charset=utf-8").send(answer.html);
}

/** A private key that somebody took for the public one is not sent back. */
function withoutSecret(text: string): string {
  return text.includes("PRIVATE KEY") ? "" : text;
}

function refusalOf({ fields = [], about = {} }: PageForm, error: MbdError): PageRefusal {
  const { argument, reason } = error.params;
  const named = about[error.code] ?? (typeof argument === "string" ? argument : undefined);
  const field = fields.find((name) => name === named);
  if (error.code === "bad_credentials")
    return {
      field,
      message: field === undefined ? "Name or password is not right." : "This is not your password.",
    };
  // At its field, the sentence need not name the argument.
  const bare = field !== undefined && error.code === "bad_argument" && typeof reason === "string";
  return { field, message: bare ? sentence(reason) : error.message, hint: error.hint };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
