import { badArgument } from "#platform";
import type { Known, KnownKey } from "../known.ts";

/** What an argument can be given as: text (HTTP, command line), or a JSON value of the right type. */
export type Given = string | number | boolean | readonly string[] | null | undefined;

export type ArgumentKind = "str" | "url" | "multiline" | "choice" | "int" | "bool" | "list";
export type HtmlInput = "text" | "url" | "textarea" | "select" | "number" | "checkbox";

/** Choices are a fixed list or names that only the instance knows. */
export type Choices = readonly string[] | KnownKey;

/** How help shows a default that is computed on the server. */
export const SERVER_DEFAULT = "<server_default>";

/** `["--full", "-F"]` for an option, `["source"]` for a positional argument, which must be given. */
export type Ids = readonly string[];

/** `I`, its ids word by word, tells the compiler which arguments must be given. */
export interface Argument<V, I extends Ids = Ids> {
  readonly ids: I;
  /** First id without its dashes, `-` as `_`: its name in HTTP and in a handler's values. */
  readonly identity: string;
  readonly kind: ArgumentKind;
  readonly doc: string;
  /** A value as somebody may give it, for forms and OpenAPI; empty where there is none. */
  readonly example: string;
  /** Word that stands for the value in help. */
  readonly header: string;
  readonly html: HtmlInput;
  readonly htmlHelp: string;
  readonly positional: boolean;
  readonly required: boolean;
  /** False for switches, which are only named. */
  readonly needsValue: boolean;
  /** Value when nothing is given; a server default is computed when the call runs. */
  readonly fallback: { readonly value: V } | { readonly server: (known: Known) => Promise<V> };
  readonly choices: Choices | undefined;
  /** Least and greatest number. */
  readonly range?: readonly [number, number];
  /** Its value is never recorded. */
  readonly secret: boolean;
  /** The typed value of what was given, or undefined for what counts as nothing (empty text or list, false). */
  read(given: Given): V | undefined;
  /** The text form; `read(show(value))` is `value` again. */
  show(value: V): string;
  /** Checks (and for patterns: expands) a value with the names of the instance. */
  resolve?(value: V, known: Known): Promise<V>;
}

/** Any argument, for code that treats them alike. */
export type AnyArgument = Argument<unknown>;

export interface ArgumentOptions<V> {
  readonly doc: string;
  readonly default?: V;
  readonly choices?: Choices;
  readonly header?: string;
  readonly example?: string | undefined;
  readonly secret?: boolean;
}

/** The parts of an argument that follow from its ids and options. */
export function argumentBase<V, const I extends Ids>(ids: I, options: ArgumentOptions<V>, empty: V) {
  const first = ids[0] ?? "";
  const identity = first.replace(/^-+/, "").replaceAll("-", "_");
  const positional = !first.startsWith("-");
  return {
    ids,
    identity,
    doc: options.doc,
    example: options.example ?? "",
    header: options.header ?? identity.toUpperCase(),
    positional,
    required: positional && options.default === undefined,
    needsValue: true,
    fallback: { value: options.default ?? empty },
    choices: options.choices,
    secret: options.secret ?? false,
  };
}

export function isNothing(given: Given): boolean {
  return (
    given === undefined ||
    given === null ||
    given === "" ||
    given === false ||
    (Array.isArray(given) && given.every((item) => item === ""))
  );
}

/** The one text of an argument that takes one value. */
export function oneText(argument: string, given: Given): string {
  if (typeof given === "string") return given;
  if (typeof given === "number") return String(given);
  if (Array.isArray(given)) {
    const [first, ...more] = given as readonly unknown[];
    if (more.length > 0) throw badArgument(argument, "it is given more than once");
    if (typeof first === "string") return first;
  }
  throw badArgument(argument, "it must be text");
}
