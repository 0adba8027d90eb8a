import { ERROR_CATALOGUE, type ErrorCode } from "./error-catalogue.ts";

export type ErrorParams = Readonly<Record<string, string | number>>;

/**
 * An error meant for a person: one sentence (what, where, why) and a hint (what to do).
 * HTTP answers, command line, events and pages all show the same two.
 */
export class MbdError extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;

  constructor(code: ErrorCode, params: ErrorParams = {}, options?: { cause?: unknown }) {
    super(fill(ERROR_CATALOGUE[code].message, params), options);
    this.name = "MbdError";
    this.code = code;
    this.params = params;
  }

  /** HTTP status of answers that carry this error. */
  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }

  get hint(): string | undefined {
    const hint = ERROR_CATALOGUE[this.code].hint;
    return hint === undefined ? undefined : fill(hint, this.params);
  }
}

/** The usual refusal: what is wrong with which argument. */
export function badArgument(argument: string, reason: string): MbdError {
  return new MbdError("bad_argument", { argument, reason });
}

/** Quotes what somebody gave for a message: short, on one line. */
export function quoted(text: string): string {
  const line = text.replace(/\p{Cc}/gu, "?");
  return `'${line.length > 80 ? `${line.slice(0, 80)}…` : line}'`;
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, text);
}

/** The text of anything thrown, for logs and `cause` chains; never shown to a user as it is. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fill(template: string, params: ErrorParams): string {
  return template.replace(/\{([a-z_A-Z]+)\}/g, (whole, name: string) =>
    Object.hasOwn(params, name) ? String(params[name]) : whole,
  );
}
