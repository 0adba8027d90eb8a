import { formatError, quote } from "./errors.ts";

/** One field (or, without name, a comment) of a stanza as it stands in the text, line ends included. */
export interface RawItem {
  readonly name: string;
  readonly raw: string;
  readonly line: number;
}

/** Policy 5.1: printable ASCII without blank and colon, not beginning with `#` or `-`. */
const FIELD_NAME = /^(?![#-])[!-9;-~]+$/;

/**
 * One paragraph of a deb822 text (deb822(5), Policy 5.1). Immutable; a class because an index has 60000 of them.
 *
 * Field names are compared without case. Values are as in python3-debian: the first line without the blanks around
 * it, each continuation line behind a `\n` with its leading blank, without trailing blanks; comments left out.
 */
export class Stanza {
  /** The file or object the stanza is from, for messages. */
  readonly what: string;
  /** Line of its first field, from 1. */
  readonly line: number;
  readonly #items: readonly RawItem[];
  readonly #byName: ReadonlyMap<string, RawItem>;

  /** @throws FormatError for a field that is there twice. */
  constructor(what: string, items: readonly RawItem[]) {
    const byName = new Map<string, RawItem>();
    for (const item of items) {
      const key = item.name.toLowerCase();
      if (key === "") continue;
      const first = byName.get(key);
      if (first !== undefined) {
        const problem = `this field is given twice, first in line ${first.line}`;
        throw formatError({ what, field: item.name, line: item.line }, problem);
      }
      byName.set(key, item);
    }
    this.what = what;
    this.line = byName.values().next().value?.line ?? 1;
    this.#items = items;
    this.#byName = byName;
  }

  has(name: string): boolean {
    return this.#byName.has(name.toLowerCase());
  }

  /** The value (maybe empty), or undefined when there is no such field. */
  get(name: string): string | undefined {
    const item = this.#byName.get(name.toLowerCase());
    return item === undefined ? undefined : readValue(item.raw);
  }

  /** @throws FormatError when the field is missing or empty. */
  getRequired(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw formatError({ what: this.what, field: name }, "this field is missing");
    if (value === "") throw formatError(this.place(name), "this field is empty");
    return value;
  }

  /** As {@link getRequired}, and the value is a single line. */
  getLine(name: string): string {
    const value = this.getRequired(name);
    if (value.includes("\n")) throw formatError(this.place(name), "this field must be a single line");
    return value;
  }

  /** Where a field is, for the errors of those who read its value. */
  place(name: string): { what: string; field: string; line: number | undefined } {
    return { what: this.what, field: name, line: this.#byName.get(name.toLowerCase())?.line };
  }

  /** Name (as written) and value of each field, in order. */
  *entries(): IterableIterator<[name: string, value: string]> {
    for (const item of this.#byName.values()) yield [item.name, readValue(item.raw)];
  }

  /** A copy with the field set: in its old place, or as last field. Value as {@link get} returns it. */
  with(name: string, value: string): Stanza {
    const item = { name, raw: formatField(name, value), line: this.place(name).line ?? this.line };
    const old = this.#byName.get(name.toLowerCase());
    const items =
      old === undefined ? [...this.#items, item] : this.#items.map((it) => (it === old ? item : it));
    return new Stanza(this.what, items);
  }

  /** A copy without the field. */
  without(name: string): Stanza {
    const old = this.#byName.get(name.toLowerCase());
    return new Stanza(
      this.what,
      this.#items.filter((item) => item !== old),
    );
  }

  /** The text; unchanged fields and comments byte for byte as they were read. */
  toString(): string {
    const last = this.#items.length - 1;
    return this.#items
      .map(({ raw }, index) => (index < last && !raw.endsWith("\n") ? `${raw}\n` : raw))
      .join("");
  }
}

/** Makes a stanza of names and values, for writing. @throws FormatError for what cannot be written. */
export function createStanza(fields: Iterable<readonly [string, string]>, what = "stanza"): Stanza {
  const items = Array.from(fields, ([name, value], index) => ({
    name,
    raw: formatField(name, value),
    line: index + 1,
  }));
  return new Stanza(what, items);
}

/** Whether `name` can be a field's name. */
export function isFieldName(name: string): boolean {
  return FIELD_NAME.test(name);
}

/**
 * Text of a field as its reader means it (Policy 5.6.13): without the one leading blank of each continuation line,
 * a line of one dot empty. An empty first line is dropped.
 */
export function decodeMultiline(value: string): string {
  const lines = value.split("\n").map((line, index) => {
    const text = index > 0 ? line.slice(1) : line;
    return index > 0 && text === "." ? "" : text;
  });
  return (lines[0] === "" ? lines.slice(1) : lines).join("\n");
}

/** The opposite: a value for {@link createStanza} whose lines all stand behind the field's own line. */
export function encodeMultiline(text: string): string {
  const lines = text.split("\n").map((line) => (isBlank(line) ? "." : line));
  return lines.map((line) => `\n ${line}`).join("");
}

/** Only blanks, tabs and carriage returns. */
export function isBlank(text: string): boolean {
  return endOfText(text) === 0;
}

function formatField(name: string, value: string): string {
  const place = { what: "stanza", field: name };
  if (!isFieldName(name)) throw formatError(place, `${quote(name)} cannot be the name of a field`);
  if (/[\r\0]/.test(value)) throw formatError(place, "the value has a forbidden control character");
  const [first = "", ...more] = value.split("\n");
  for (const line of more) {
    if (!/^[ \t]/.test(line) || isBlank(line)) {
      throw formatError(place, "each further line of a value must begin with a blank and not be empty");
    }
  }
  return `${first === "" ? `${name}:` : `${name}: ${first}`}\n${more.map((line) => `${line}\n`).join("")}`;
}

function readValue(raw: string): string {
  const colon = raw.indexOf(":");
  const lines = raw.split("\n");
  let value = trimBlanks((lines[0] ?? "").slice(colon + 1));
  for (const line of lines.slice(1)) {
    if (line !== "" && !line.startsWith("#")) value += `\n${line.slice(0, endOfText(line))}`;
  }
  return value;
}

function trimBlanks(text: string): string {
  let start = 0;
  while (start < text.length && isBlankCode(text.charCodeAt(start))) start += 1;
  return text.slice(start, Math.max(start, endOfText(text)));
}

/** A loop, as a regular expression for trailing blanks takes quadratic time. */
function endOfText(text: string): number {
  let end = text.length;
  while (end > 0 && isBlankCode(text.charCodeAt(end - 1))) end -= 1;
  return end;
}

function isBlankCode(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d;
}
