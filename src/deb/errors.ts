/** Where something was found: a file or object, the field's name, the line counted from 1. */
export interface FormatPlace {
  readonly what: string;
  readonly field?: string | undefined;
  readonly line?: number | undefined;
}

/**
 * Text or bytes do not have the form their format demands. The only error this folder throws for bad input.
 *
 * `what` names the file or object ("hello_1.0.dsc", "version"); the message is one sentence that can be
 * shown to a user as it is.
 */
export class FormatError extends Error {
  override readonly name = "FormatError";
  readonly what: string;
  readonly field: string | undefined;
  readonly line: number | undefined;

  constructor(message: string, place: FormatPlace, options?: ErrorOptions) {
    super(message, options);
    this.what = place.what;
    this.field = place.field;
    this.line = place.line;
  }
}

/** A FormatError with the usual wording: `hello.dsc, line 3, field "Version": "1_0" is not a valid version.` */
export function formatError(place: FormatPlace, problem: string): FormatError {
  const line = place.line === undefined ? "" : `, line ${place.line}`;
  const field = place.field === undefined ? "" : `, field ${quote(place.field)}`;
  const end = /[.?!]$/.test(problem) ? "" : ".";
  return new FormatError(`${place.what}${line}${field}: ${problem}${end}`, place);
}

/** Quotes foreign text for a message: one line, at most 80 characters, control and direction marks escaped. */
export function quote(text: string): string {
  const quoted = JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
  return quoted.replace(
    /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
