import type { Given, GivenArguments } from "#api";
import { MbdError } from "#platform";

/** What a request says about a call besides its arguments. */
export interface CallRequest {
  readonly given: GivenArguments;
  readonly output: string | undefined;
  readonly confirm: string | undefined;
  /** Of the original's addresses, `?call=`. */
  readonly call: string | undefined;
  /** Of the pages: `1` wants the form even where the call could run; a form that was sent says `sent`. */
  readonly form: string | undefined;
  /** With `call`: how the names begin that completion asks for. */
  readonly begin: string | undefined;
}

/** Enough for a list of which each item is a field. */
const MAX_FIELDS = 2000;

const META = ["output", "confirm", "call", "form", "begin"] as const;

/** Takes arguments from the query and, overriding it, the body. */
export function readCallRequest(query: unknown, body: unknown): CallRequest {
  const all: Record<string, Given> = Object.assign(Object.create(null), recordOf(query), recordOf(body));
  const meta = Object.fromEntries(META.map((name) => [name, all[name]]));
  const given = Object.fromEntries(
    Object.entries(all).filter(([name]) => !META.some((item) => item === name)),
  );
  return {
    given,
    output: textOf(meta.output),
    confirm: textOf(meta.confirm),
    call: textOf(meta.call),
    form: textOf(meta.form),
    begin: textOf(meta.begin),
  };
}

function textOf(given: Given): string | undefined {
  return typeof given === "string" && given !== "" ? given : undefined;
}

function recordOf(value: unknown): Record<string, Given> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value))
    throw new MbdError("bad_request", { reason: "the body must be a JSON object or a form" });
  const entries = Object.entries(value);
  if (entries.length > MAX_FIELDS)
    throw new MbdError("bad_request", { reason: `it has more than ${MAX_FIELDS} fields` });
  return Object.fromEntries(entries.map(([name, item]) => [name, givenOf(name, item)]));
}

function givenOf(name: string, value: unknown): Given {
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value as Given;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new MbdError("bad_argument", {
    argument: name.slice(0, 80),
    reason: "it must be text, a number, true, false or a list of texts",
  });
}

/**
 * A form body (`application/x-www-form-urlencoded`) as a record; repeated names become lists. Anybody may send one, so
 * it is read in one pass and has a limit.
 */
export function parseForm(text: string): Record<string, string | string[]> {
  const form: Record<string, string | string[]> = Object.create(null);
  // Counted before anything is made of them: that takes a hundred times as long.
  if (countOf(text, "&") >= MAX_FIELDS)
    throw new MbdError("bad_request", { reason: `it has more than ${MAX_FIELDS} fields` });
  for (const [name, value] of new URLSearchParams(text)) {
    const before = form[name];
    if (before === undefined) form[name] = value;
    else if (typeof before === "string") form[name] = [before, value];
    else before.push(value);
  }
  return form;
}

function countOf(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) count += 1;
  return count;
}
