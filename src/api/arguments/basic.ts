import { badArgument, quoted } from "#platform";
import {
  type Argument,
  type ArgumentOptions,
  argumentBase,
  type Choices,
  type Given,
  type Ids,
  isNothing,
  oneText,
} from "./argument.ts";

const MAX_TEXT = 4096;
const MAX_MULTILINE = 1024 * 1024;
const MAX_ITEMS = 1000;

/** One line of text; control characters (also NUL and newline) are refused. */
export function str<const I extends Ids>(ids: I, options: ArgumentOptions<string>): Argument<string, I> {
  const base = argumentBase(ids, options, "");
  return {
    ...base,
    kind: "str",
    html: "text",
    htmlHelp: "Enter plain string",
    read: (given) => (isNothing(given) ? undefined : oneLine(base.identity, oneText(base.identity, given))),
    show: (value) => value,
  };
}

/** An address with scheme http or https. */
export function url<const I extends Ids>(ids: I, options: ArgumentOptions<string>): Argument<string, I> {
  const text = str(ids, { example: "https://deb.example.org/debian/", ...options });
  return {
    ...text,
    kind: "url",
    html: "url",
    htmlHelp: "Enter URL string",
    read(given) {
      const value = text.read(given);
      if (value !== undefined) checkUrl(text.identity, value);
      return value;
    },
  };
}

/** Text of any number of lines, such as an armoured key. */
export function multilineStr<const I extends Ids>(
  ids: I,
  options: ArgumentOptions<string>,
): Argument<string, I> {
  const base = argumentBase(ids, options, "");
  return {
    ...base,
    kind: "multiline",
    html: "textarea",
    htmlHelp: "Enter multiline string",
    read(given) {
      if (isNothing(given)) return undefined;
      const value = oneText(base.identity, given).replaceAll("\r\n", "\n");
      if (value.length > MAX_MULTILINE)
        throw badArgument(base.identity, `it is longer than ${MAX_MULTILINE} characters`);
      if (/\p{Cc}/u.test(value.replace(/[\n\t]/g, "")))
        throw badArgument(base.identity, "it holds control characters");
      return value;
    },
    show: (value) => value,
  };
}

/** One of a fixed list. */
export function choice<const C extends string, const I extends Ids>(
  ids: I,
  options: { readonly doc: string; readonly choices: readonly C[]; readonly default?: NoInfer<C> },
): Argument<C, I> {
  const first = options.choices[0];
  if (first === undefined) throw new Error(`choices of ${ids[0]} are empty`);
  const base = argumentBase<C, I>(ids, { ...options, example: options.choices[1] ?? first }, first);
  return {
    ...base,
    kind: "choice",
    html: "select",
    htmlHelp: "Select one choice",
    read(given) {
      if (isNothing(given)) return undefined;
      const text = oneText(base.identity, given);
      const found = options.choices.find((item) => item === text);
      if (found !== undefined) return found;
      throw badArgument(base.identity, `${quoted(text)} is not one of: ${options.choices.join(", ")}`);
    },
    show: (value) => value,
  };
}

export interface IntOptions extends ArgumentOptions<number> {
  readonly min?: number;
  readonly max?: number;
}

/** A whole number within its range. */
export function int<const I extends Ids>(ids: I, options: IntOptions): Argument<number, I> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
  const base = argumentBase(ids, { example: String(options.default ?? Math.max(min, 1)), ...options }, 0);
  return {
    ...base,
    kind: "int",
    range: [min, max],
    html: "number",
    htmlHelp: "Enter integer number",
    read(given) {
      if (isNothing(given)) return undefined;
      const text = oneText(base.identity, given);
      if (!/^[+-]?[0-9]{1,15}$/.test(text))
        throw badArgument(base.identity, `${quoted(text)} is not a whole number`);
      const value = Number(text);
      if (value < min || value > max)
        throw badArgument(base.identity, `${value} is not between ${min} and ${max}`);
      return value === 0 ? 0 : value;
    },
    show: (value) => String(value),
  };
}

const TRUE = ["true", "1", "yes", "on"];
const FALSE = ["false", "0", "no", "off"];

/** A switch; false counts as not given. */
export function bool<const I extends Ids>(ids: I, options: { readonly doc: string }): Argument<boolean, I> {
  const base = argumentBase(ids, { ...options, example: "True" }, false);
  return {
    ...base,
    required: false,
    needsValue: false,
    kind: "bool",
    html: "checkbox",
    htmlHelp: "Check box to activate",
    choices: ["True", "False"],
    read(given) {
      if (isNothing(given)) return undefined;
      if (given === true) return true;
      const text = oneText(base.identity, given);
      if (TRUE.includes(text.toLowerCase())) return true;
      if (FALSE.includes(text.toLowerCase())) return undefined;
      throw badArgument(base.identity, `${quoted(text)} is neither True nor False`);
    },
    show: (value) => (value ? "True" : "False"),
  };
}

export interface ListOptions {
  readonly doc: string;
  readonly default?: readonly string[];
  readonly choices?: Choices;
  readonly header?: string;
  readonly example?: string | undefined;
  /** Checks one item; says what is wrong with it. */
  readonly check?: (item: string) => string | undefined;
  /** How one text becomes items; at commas unless told otherwise. */
  readonly split?: (text: string) => string[];
  readonly separator?: string;
}

/** Texts separated by commas, or given several times. */
export function list<const I extends Ids>(ids: I, options: ListOptions): Argument<readonly string[], I> {
  const base = argumentBase<readonly string[], I>(ids, options, []);
  const split = options.split ?? ((text: string) => text.split(","));
  return {
    ...base,
    kind: "list",
    html: "text",
    htmlHelp: "Enter list as comma-separated strings",
    read(given) {
      const items = texts(base.identity, given)
        .flatMap(split)
        .map((item) => item.trim())
        .filter((item) => item !== "");
      if (items.length > MAX_ITEMS) throw badArgument(base.identity, `it has more than ${MAX_ITEMS} items`);
      for (const item of items) {
        oneLine(base.identity, item);
        const problem = options.check?.(item);
        if (problem !== undefined) throw badArgument(base.identity, problem);
      }
      return items.length === 0 ? undefined : items;
    },
    show: (value) => value.join(options.separator ?? ","),
  };
}

function texts(argument: string, given: Given): readonly string[] {
  if (isNothing(given)) return [];
  if (!Array.isArray(given)) return [oneText(argument, given)];
  return (given as readonly unknown[]).map((item) => {
    if (typeof item === "string") return item;
    throw badArgument(argument, "each item must be text");
  });
}

function oneLine(argument: string, text: string): string {
  if (text.length > MAX_TEXT) throw badArgument(argument, `it is longer than ${MAX_TEXT} characters`);
  if (/\p{Cc}/u.test(text)) throw badArgument(argument, "it holds control characters");
  return text;
}

/** Checks that a text is an http(s) address without a password in it (that would end up in logs and lists). */
export function checkUrl(argument: string, text: string): void {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol))
    throw badArgument(argument, `${quoted(text)} is not an http or https address`);
  if (parsed.password !== "") throw badArgument(argument, "the address must not hold a password");
}
