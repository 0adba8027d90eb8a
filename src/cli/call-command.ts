import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import {
  type AnyArgument,
  type ArgumentView,
  type CallDefinition,
  type CallView,
  type GivenArguments,
  readArguments,
} from "#api";
import { errorText, MbdError } from "#platform";
import type { CredentialOptions } from "./credentials.ts";
import { EXIT } from "./exit-codes.ts";
import { type CliIo, terminalText } from "./io.ts";
import { WAITABLE } from "./wait-packagings.ts";

/** Options that every call has besides its own. */
export interface CallOptions extends CredentialOptions {
  readonly json?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly autoConfirm?: boolean | undefined;
  /** Of calls that start packagings. */
  readonly wait?: boolean | undefined;
}

export interface ParsedCall {
  readonly given: GivenArguments;
  readonly options: CallOptions;
}

export function addCallOptions(command: Command): Command {
  return command
    .option("--json", "print the result as JSON")
    .option("-y, --yes", "confirm without being asked")
    .addOption(new Option("--auto-confirm", "same as --yes").hideHelp())
    .option("--token <token>", "API token, or @FILE with one (better: other users cannot see it)")
    .option("--user <name>", "user name; the password is asked for, or taken from MINI_BUILDD_PASSWORD")
    .option("--remember", "keep the token or password for this endpoint");
}

/** A call as commander knows it, for reading words, help and completion. */
export interface CallCommand {
  readonly command: Command;
  readonly positional: readonly AnyArgument[];
  readonly options: readonly { readonly argument: AnyArgument; readonly option: Option }[];
}

/** `view`, from the instance, fills defaults and choices into the help. */
export function createCallCommand(
  call: CallDefinition,
  configure: (command: Command) => Command,
  view?: CallView,
): CallCommand {
  const args = Object.values(call.arguments);
  const command = configure(new Command(call.name)).description(call.doc.trim());
  const positional = args.filter((argument) => argument.positional);
  for (const argument of positional) {
    const words = help(argument, view);
    const variadic = argument.kind === "list" && argument === positional.at(-1) ? "..." : "";
    const name = `${argument.identity}${variadic}`;
    command.argument(argument.required ? `<${name}>` : `[${name}]`, words);
  }
  const options = args
    .filter((argument) => !argument.positional)
    .map((argument) => ({ argument, option: optionFor(argument, positional.length === 0, view) }));
  for (const { option } of options) command.addOption(option);
  if (WAITABLE.has(call.name))
    command.option(
      "--wait",
      `wait until the packagings have ended; ${EXIT.resultFailed} when one of them failed`,
    );
  return { command: addCallOptions(command), positional, options };
}

/**
 * Reads the words behind a call's name by its definition. Help ends with commander's error, wrong words with its or an
 * MbdError.
 */
export async function parseCall(
  call: CallDefinition,
  words: readonly string[],
  io: CliIo,
  configure: (command: Command) => Command,
  view?: CallView,
): Promise<ParsedCall> {
  const { command, positional, options } = createCallCommand(call, configure, view);
  command.parse([...words], { from: "user" });

  const given: Record<string, string | boolean | string[]> = {};
  const values = command.opts<Record<string, unknown>>();
  for (const { argument, option } of options) {
    const value = values[option.attributeName()];
    if (value !== undefined) given[argument.identity] = value as string | boolean | string[];
  }
  for (const [index, argument] of positional.entries()) {
    const value: unknown = command.processedArgs[index];
    if (value !== undefined) given[argument.identity] = value as string | string[];
  }
  for (const argument of Object.values(call.arguments).filter((item) => item.kind === "multiline"))
    given[argument.identity] = await longText(argument.identity, given[argument.identity], io);
  readArguments(call.name, call.arguments, given);
  return { given, options: values as CallOptions };
}

/** `-F, --full <V>`; a list may be given several times, or as several words where no positional could be meant. */
function optionFor(argument: AnyArgument, variadicLists: boolean, view: CallView | undefined): Option {
  const [primary = "", alias] = argument.ids;
  const names = alias === undefined ? primary : `${alias}, ${primary}`;
  const words = help(argument, view);
  if (!argument.needsValue) return new Option(names, words);
  if (argument.kind !== "list") return new Option(`${names} <${argument.header}>`, words);
  if (variadicLists) return new Option(`${names} <${argument.header}...>`, words);
  return new Option(`${names} <${argument.header}>`, words).argParser(
    (value: string, before: string[] | undefined) => [...(before ?? []), value],
  );
}

function help(argument: AnyArgument, view: CallView | undefined): string {
  const known: ArgumentView | undefined = view?.arguments.find((item) => item.name === argument.identity);
  const fallback = known?.default ?? offlineDefault(argument);
  const choices = known?.choices ?? (typeof argument.choices === "object" ? argument.choices : []);
  const notes = [
    argument.needsValue && choices.length > 0 ? `choices: ${choices.slice(0, 20).join(", ")}` : "",
    argument.needsValue && fallback !== "" ? `default: ${fallback}` : "",
  ].filter((note) => note !== "");
  return notes.length === 0 ? argument.doc : terminalText(`${argument.doc} (${notes.join("; ")})`);
}

function offlineDefault(argument: AnyArgument): string {
  if (argument.required) return "";
  return "server" in argument.fallback ? "<server_default>" : argument.show(argument.fallback.value);
}

/** `@FILE` and `-` (standard input) stand for their content. */
async function longText(identity: string, value: unknown, io: CliIo): Promise<string> {
  if (typeof value !== "string") return "";
  if (value === "-") return await io.readInput();
  if (!value.startsWith("@")) return value;
  return await readFile(value.slice(1), "utf8").catch((error: unknown) => {
    throw new MbdError("bad_argument", { argument: identity, reason: errorText(error) });
  });
}
