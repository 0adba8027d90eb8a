import type { Argument, Command, Option } from "commander";

/** What stands at the cursor of a command line, and what can be meant there. */
export interface Place {
  /** The command (or call) that the words before the cursor lead to. */
  readonly command: Command;
  /** What was given before it: arguments by name, options by attribute name. */
  readonly given: Readonly<Record<string, string>>;
  /** Whether a command could stand there. */
  readonly first: boolean;
  /** The value that stands there; undefined: a name of a command or option. */
  readonly value: Argument | Option | undefined;
  /** What of the current word is not part of the value: `--name=`. */
  readonly prefix: string;
  /** The word up to the cursor. */
  readonly current: string;
}

/** The commands below `api CALL`, which commander does not know. */
export type CallCommandOf = (name: string) => Command | undefined;

/** Reads the words before the cursor (without the program's name) as commander would, but forgives everything. */
export function findPlace(
  program: Command,
  words: readonly string[],
  current: string,
  callCommand: CallCommandOf,
): Place {
  let command = program;
  let index = 0;
  let open: Option | undefined;
  let onlyArguments = false;
  const given: Record<string, string> = {};
  for (const word of words) {
    const isOption = !onlyArguments && word.startsWith("-") && word !== "-";
    if (open !== undefined && !(open.variadic && isOption)) {
      given[open.attributeName()] = word;
      if (!open.variadic) open = undefined;
      continue;
    }
    open = undefined;
    if (word === "--") onlyArguments = true;
    else if (isOption) {
      const [name, value] = splitOption(word);
      const option = optionNamed(command, name);
      if (option === undefined || !takesValue(option)) continue;
      if (value === undefined) open = option;
      else given[option.attributeName()] = value;
    } else {
      const child = index === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      const argument = argumentAt(command, index);
      if (child === undefined && argument !== undefined) given[argument.name()] = word;
      const next = child ?? (argument?.name() === "call" ? callCommand(word) : undefined);
      index = next === undefined ? index + 1 : 0;
      command = next ?? command;
    }
  }
  return {
    command,
    given,
    current,
    first: index === 0,
    ...valueAt(command, index, open, onlyArguments, current),
  };
}

function valueAt(
  command: Command,
  index: number,
  open: Option | undefined,
  onlyArguments: boolean,
  current: string,
): Pick<Place, "value" | "prefix"> {
  const isOption = !onlyArguments && current.startsWith("-");
  if (open !== undefined && !(open.variadic && isOption)) return { value: open, prefix: "" };
  if (!isOption) return { value: argumentAt(command, index), prefix: "" };
  const [name, value] = splitOption(current);
  const option = value === undefined ? undefined : optionNamed(command, name);
  return { value: option, prefix: option === undefined ? "" : `${name}=` };
}

function splitOption(word: string): [string, string?] {
  const at = word.startsWith("--") ? word.indexOf("=") : -1;
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

function optionNamed(command: Command, name: string): Option | undefined {
  return command.options.find((option) => option.long === name || option.short === name);
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function argumentAt(command: Command, index: number): Argument | undefined {
  const { registeredArguments: all } = command;
  const last = all.at(-1);
  return all[index] ?? (last?.variadic === true ? last : undefined);
}
