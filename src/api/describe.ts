import { type AnyArgument, defaultOf, SERVER_DEFAULT } from "./arguments/index.ts";
import type { CallDefinition } from "./call.ts";
import type { Known } from "./known.ts";

/** An argument in words, as help, forms and `/api/?output=json` show it. */
export interface ArgumentView {
  readonly name: string;
  readonly ids: readonly string[];
  readonly kind: string;
  readonly html: string;
  readonly doc: string;
  /** What to enter, by kind. */
  readonly help: string;
  readonly example: string;
  readonly header: string;
  readonly positional: boolean;
  readonly required: boolean;
  readonly needs_value: boolean;
  readonly default: string;
  readonly choices: readonly string[];
  /** Of a number: the least and the greatest. */
  readonly range?: readonly [number, number] | undefined;
}

export interface CallView {
  readonly name: string;
  readonly doc: string;
  readonly category: string;
  readonly level: string;
  readonly changes: boolean;
  readonly confirm: boolean;
  readonly needs_running: boolean;
  readonly maintenance: boolean;
  /** Whether the instance can do it yet; only the instance knows. */
  readonly available?: boolean;
  readonly arguments: readonly ArgumentView[];
}

/**
 * A call in words; with `known`, server defaults and choices are filled in. `begin`: how the choices that are wanted of
 * a long list begin.
 */
export async function describeCall(call: CallDefinition, known?: Known, begin?: string): Promise<CallView> {
  const views: ArgumentView[] = [];
  for (const argument of Object.values(call.arguments))
    views.push(await describeArgument(argument, known, begin));
  return {
    name: call.name,
    doc: call.doc,
    category: call.category,
    level: call.level,
    changes: call.changes,
    confirm: call.confirm,
    needs_running: call.needsRunning,
    maintenance: call.maintenance,
    arguments: views,
  };
}

async function describeArgument(
  argument: AnyArgument,
  known: Known | undefined,
  begin: string | undefined,
): Promise<ArgumentView> {
  const { choices } = argument;
  const names = typeof choices === "string" ? await known?.names(choices, begin) : choices;
  return {
    name: argument.identity,
    ids: argument.ids,
    kind: argument.kind,
    html: argument.html,
    doc: argument.doc,
    help: argument.htmlHelp,
    example: argument.example,
    header: argument.header,
    positional: argument.positional,
    required: argument.required,
    needs_value: argument.needsValue,
    default: await defaultText(argument, known),
    choices: names ?? [],
    range: argument.range,
  };
}

async function defaultText(argument: AnyArgument, known: Known | undefined): Promise<string> {
  if ("server" in argument.fallback && known === undefined) return SERVER_DEFAULT;
  if (!argument.needsValue || argument.required) return "";
  return argument.show(known === undefined ? plainDefault(argument) : await defaultOf(argument, known));
}

function plainDefault(argument: AnyArgument): unknown {
  return "value" in argument.fallback ? argument.fallback.value : "";
}
