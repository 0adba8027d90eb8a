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
  readonly header: string;
  readonly positional: boolean;
  readonly required: boolean;
  readonly needs_value: boolean;
  readonly default: string;
  readonly choices: readonly string[];
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
  readonly arguments: readonly ArgumentView[];
}

/** A call in words; with `known`, server defaults and choices are filled in. */
export async function describeCall(call: CallDefinition, known?: Known): Promise<CallView> {
  const views: ArgumentView[] = [];
  for (const argument of Object.values(call.arguments)) views.push(await describeArgument(argument, known));
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

async function describeArgument(argument: AnyArgument, known: Known | undefined): Promise<ArgumentView> {
  const { choices } = argument;
  const names = typeof choices === "string" ? await known?.names(choices) : choices;
  return {
    name: argument.identity,
    ids: argument.ids,
    kind: argument.kind,
    html: argument.html,
    doc: argument.doc,
    header: argument.header,
    positional: argument.positional,
    required: argument.required,
    needs_value: argument.needsValue,
    default: await defaultText(argument, known),
    choices: names ?? [],
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

/** The command line that runs the same call: `given` holds texts by identity. */
export function commandLine(
  call: CallDefinition,
  given: Readonly<Record<string, string>>,
  endpoint: string,
): string {
  const words = ["mini-buildd", "api", endpoint, call.name];
  const positional: string[] = [];
  for (const argument of Object.values(call.arguments)) {
    const value = given[argument.identity];
    if (argument.positional) positional.push(value ?? argument.header);
    else if (value !== undefined) {
      words.push(argument.ids[0] ?? "");
      if (argument.needsValue) words.push(value);
    }
  }
  return [...words, ...positional].map(shellWord).join(" ");
}

function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
