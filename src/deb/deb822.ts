import { formatError, quote } from "./errors.ts";
import { isBlank, isFieldName, type RawItem, Stanza } from "./stanza.ts";

/** How to read a text, and how much of it. Lengths count UTF-16 units. */
export interface Deb822Options {
  /** File or object, for messages. */
  readonly what: string;
  /** Lines beginning with `#` are comments (debian/control only; nowhere else in the archive). Default no. */
  readonly comments?: boolean;
  /** Whole text; default 64 Mi. {@link streamStanzas} does not limit the whole. */
  readonly maxLength?: number;
  /** One stanza; default 4 Mi. */
  readonly maxStanzaLength?: number;
  /** One line; default 512 Ki (`Provides` and `Package-List` of real archives are long). */
  readonly maxLineLength?: number;
  /** Fields of a stanza; default 500. */
  readonly maxFields?: number;
}

const DEFAULTS = {
  comments: false,
  maxLength: 64 * 1024 * 1024,
  maxStanzaLength: 4 * 1024 * 1024,
  maxLineLength: 512 * 1024,
  maxFields: 500,
};

type Limits = Required<Deb822Options>;

/**
 * All stanzas of a text (deb822(5)). Empty lines and lines of blanks separate them, as dpkg and python3-debian have it.
 * Lines may end in CRLF: the carriage return belongs to no value, but stays in `toString()`. Elsewhere carriage
 * returns are errors, as readers differ in whether they end a line; so are NUL characters.
 * @throws FormatError with the line.
 */
export function parseStanzas(text: string, options: Deb822Options): Stanza[] {
  return [...iterateStanzas(text, options)];
}

/** The only stanza of a text. @throws FormatError also when there is none or a second one. */
export function parseStanza(text: string, options: Deb822Options): Stanza {
  const stanzas = iterateStanzas(text, options);
  const first = stanzas.next();
  if (first.done === true) throw formatError({ what: options.what }, "it has no fields");
  const second = stanzas.next();
  if (second.done !== true) {
    const line = second.value.line;
    throw formatError(
      { what: options.what, line },
      "a second paragraph starts here, but only one is allowed",
    );
  }
  return first.value;
}

/** As {@link parseStanzas}, one after the other, so that a big index needs no second copy of itself. */
export function* iterateStanzas(text: string, options: Deb822Options): Generator<Stanza, void, undefined> {
  const limits = { ...DEFAULTS, ...options };
  if (text.length > limits.maxLength) {
    throw formatError({ what: limits.what }, `it is longer than ${limits.maxLength} characters`);
  }
  yield* scan(text, limits, 1);
}

/**
 * Stanzas of a text that comes in pieces (UTF-8 when bytes), e.g. an index while it is decompressed. Holds one
 * piece and one stanza in memory.
 * @throws FormatError as {@link parseStanzas}; undecodable bytes become U+FFFD.
 */
export async function* streamStanzas(
  chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  options: Deb822Options,
): AsyncGenerator<Stanza, void, undefined> {
  const limits = { ...DEFAULTS, ...options };
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let pending = "";
  let line = 1;
  for await (const chunk of chunks) {
    const scanned = Math.max(0, pending.lastIndexOf("\n"));
    pending += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const end = lastSeparator(pending, scanned);
    if (end > 0) {
      const complete = pending.slice(0, end);
      yield* scan(complete, limits, line);
      line += countLines(complete);
      pending = pending.slice(end);
    }
    if (pending.length > limits.maxStanzaLength) throw tooLong(limits, line);
  }
  yield* scan(pending + decoder.decode(), limits, line);
}

/** What is being collected while the lines go by. */
interface Collected {
  items: RawItem[];
  fields: number;
  length: number;
}

function* scan(text: string, limits: Limits, firstLine: number): Generator<Stanza, void, undefined> {
  refuseControls(text, limits.what, firstLine);
  let stanza: Collected = { items: [], fields: 0, length: 0 };
  let line = firstLine;
  for (let start = 0; start < text.length; line += 1) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline + 1;
    const raw = text.slice(start, end);
    start = end;
    if (raw.length > limits.maxLineLength) {
      throw formatError(
        { what: limits.what, line },
        `the line is longer than ${limits.maxLineLength} characters`,
      );
    }
    if (!isSeparator(raw)) {
      collect(stanza, raw, line, limits);
      continue;
    }
    if (stanza.fields > 0) yield new Stanza(limits.what, stanza.items);
    stanza = { items: [], fields: 0, length: 0 };
  }
  if (stanza.fields > 0) yield new Stanza(limits.what, stanza.items);
}

function collect(stanza: Collected, raw: string, line: number, limits: Limits): void {
  stanza.length += raw.length;
  if (stanza.length > limits.maxStanzaLength) throw tooLong(limits, line);
  if (limits.comments && raw.startsWith("#")) {
    stanza.items.push({ name: "", raw, line });
  } else if (raw.startsWith(" ") || raw.startsWith("\t")) {
    continueField(stanza, raw, line, limits);
  } else {
    startField(stanza, raw, line, limits);
  }
}

function startField(stanza: Collected, raw: string, line: number, limits: Limits): void {
  const place = { what: limits.what, line };
  const colon = raw.indexOf(":");
  if (colon < 0) throw formatError(place, `${quote(raw.trimEnd())} is no field: it has no colon`);
  const name = raw.slice(0, colon);
  if (!isFieldName(name)) throw formatError(place, `${quote(name)} cannot be the name of a field`);
  stanza.fields += 1;
  if (stanza.fields > limits.maxFields)
    throw formatError(place, `it has more than ${limits.maxFields} fields`);
  stanza.items.push({ name, raw, line });
}

/** Appends to the last field; comments in between become part of the field's text. */
function continueField(stanza: Collected, raw: string, line: number, limits: Limits): void {
  if (stanza.fields === 0) {
    throw formatError({ what: limits.what, line }, "a continuation line stands before the first field");
  }
  const tail = [raw];
  let last = stanza.items.pop();
  while (last !== undefined && last.name === "") {
    tail.unshift(last.raw);
    last = stanza.items.pop();
  }
  if (last !== undefined) stanza.items.push({ ...last, raw: last.raw + tail.join("") });
}

function refuseControls(text: string, what: string, firstLine: number): void {
  const bad = text.search(/\0|\r(?!\n|$)/);
  if (bad < 0) return;
  const line = firstLine + countLines(text.slice(0, bad));
  const name = text.charCodeAt(bad) === 0 ? "a NUL character" : "a carriage return inside a line";
  throw formatError({ what, line }, `${name} is not allowed`);
}

function isSeparator(raw: string): boolean {
  return isBlank(raw.endsWith("\n") ? raw.slice(0, -1) : raw);
}

/** Index behind the last complete separator line that ends behind `from`, or 0. */
function lastSeparator(text: string, from: number): number {
  let end = text.lastIndexOf("\n");
  while (end > from) {
    const previous = text.lastIndexOf("\n", end - 1);
    if (isBlank(text.slice(previous + 1, end))) return end + 1;
    end = previous;
  }
  return 0;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

function tooLong(limits: Limits, line: number): Error {
  return formatError(
    { what: limits.what, line },
    `a paragraph is longer than ${limits.maxStanzaLength} characters`,
  );
}
