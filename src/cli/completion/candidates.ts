import { Argument, type Command, type Option } from "commander";
import {
  type AnyArgument,
  type ArgumentView,
  allCalls,
  type CallDefinition,
  type CallView,
  findCall,
} from "#api";
import { EVENT_TYPES } from "#events";
import { SUBJECT_KINDS } from "../admin-settings.ts";
import type { Place } from "./place.ts";
import { layoutNames, settingWords } from "./settings.ts";

/** A word that can stand at the cursor, whole, and what it is. */
export interface Candidate {
  readonly value: string;
  readonly text: string;
}

export type Candidates =
  | { readonly kind: "values"; readonly values: readonly Candidate[] }
  /** The shell knows the names of files best. */
  | { readonly kind: "files" | "directories" };

/** What is known besides the program's own words; each is silent about what it cannot find out. */
export interface Sources {
  endpoints(): Promise<readonly string[]>;
  /** Targets of the user's dput configuration. */
  targets(): Promise<readonly string[]>;
  /** A call as the instance describes it, which is named in what was given; choices may be those that begin so only. */
  view(call: string, given: Place["given"], begin: string): Promise<CallView | undefined>;
}

const LEVELS = ["LOGIN", "STAFF", "ADMIN"];
const FILES = { kind: "files" } as const;
const DIRECTORIES = { kind: "directories" } as const;

type Source =
  | typeof FILES
  | typeof DIRECTORIES
  | ((place: Place, sources: Sources) => Promise<readonly Candidate[]>);

const fixed = (words: readonly string[]) => async () => words.map(plain);
/** The choices that the instance has for an argument of a call. */
const choicesOf = (call: string, argument: string) => async (place: Place, sources: Sources) =>
  (argumentOf(await sources.view(call, place.given, place.current), argument)?.choices ?? []).map(plain);
const types = async ({ current }: Place) => inList(current, EVENT_TYPES);
const endpoints = async (_place: Place, sources: Sources) => (await sources.endpoints()).map(plain);
const targets = async (_place: Place, sources: Sources) =>
  [...(await sources.targets()), ...(await sources.endpoints())].map(plain);

/** What has settings, by its kind. */
async function subjects(place: Place, sources: Sources): Promise<readonly Candidate[]> {
  const { kind } = place.given;
  if (kind === "repository") return await choicesOf("ls", "repositories")(place, sources);
  if (kind === "chroot") return await choicesOf("remake_chroots", "keys")(place, sources);
  if (kind !== "distribution") return layoutNames(kind === "suite").map(plain);
  const live = await choicesOf("migrate", "distribution")(place, sources);
  return [...new Set(live.map(({ value }) => value.split("-").slice(0, 2).join("-")))].map(plain);
}

/** By name of an argument or option, `COMMAND.NAME` before `NAME`. */
const SOURCES: Readonly<Record<string, Source>> = {
  endpoint: endpoints,
  url: endpoints,
  target: targets,
  call: async () => allCalls().map((call) => ({ value: call.name, text: titleOf(call) })),
  shell: fixed(["bash", "zsh", "fish"]),
  level: fixed(LEVELS),
  logLevel: fixed(["trace", "debug", "info", "warn", "error"]),
  key: fixed(["path", "inline"]),
  type: types,
  exitOn: types,
  failOn: types,
  distribution: choicesOf("migrate", "distribution"),
  from: choicesOf("migrate", "distribution"),
  to: choicesOf("migrate", "distribution"),
  rollback: choicesOf("migrate", "distribution"),
  source: choicesOf("migrate", "source"),
  "source[=version]": choicesOf("migrate", "source"),
  repository: choicesOf("ls", "repositories"),
  codename: choicesOf("ls", "codenames"),
  kind: fixed(SUBJECT_KINDS),
  "show.name": subjects,
  "set.name": subjects,
  "set.key=value": async (place) => settingWords(place),
  "show.layout": async () => layoutNames(false).map(plain),
  changes: FILES,
  file: FILES,
  config: FILES,
  secretFile: FILES,
  keyring: FILES,
  "import.from": DIRECTORIES,
  home: DIRECTORIES,
  root: DIRECTORIES,
};

/** What can stand at a place. */
export async function candidatesAt(place: Place, sources: Sources): Promise<Candidates> {
  const { current, value, prefix } = place;
  const names = prefix === "" ? namesAt(place) : [];
  if (value === undefined) return { kind: "values", values: startingWith(current, names) };
  const found = await valuesOf({ ...place, current: current.slice(prefix.length) }, value, sources);
  if ("kind" in found) return found;
  const values = found.map((each) => ({ ...each, value: prefix + each.value }));
  const all = value instanceof Argument ? [...subcommands(place), ...values] : values;
  return { kind: "values", values: startingWith(current, all) };
}

async function valuesOf(
  place: Place,
  value: Argument | Option,
  sources: Sources,
): Promise<readonly Candidate[] | typeof FILES | typeof DIRECTORIES> {
  const { command, given } = place;
  const call = given.call === undefined ? undefined : findCall(command.name());
  const argument = call === undefined ? undefined : definitionOf(call, value);
  if (call !== undefined && argument !== undefined) return await callValues(call, argument, place, sources);
  const name = value instanceof Argument ? value.name() : value.attributeName();
  const source = SOURCES[`${command.name()}.${name}`] ?? SOURCES[name] ?? (async () => []);
  return typeof source === "function" ? await source(place, sources) : source;
}

function definitionOf(call: CallDefinition, value: Argument | Option): AnyArgument | undefined {
  return Object.values(call.arguments).find((argument) =>
    value instanceof Argument
      ? argument.identity === value.name()
      : argument.ids.includes(value.long ?? value.flags),
  );
}

async function callValues(
  call: CallDefinition,
  { identity, choices: known = [], kind }: AnyArgument,
  { current, given }: Place,
  sources: Sources,
): Promise<readonly Candidate[]> {
  const choices =
    typeof known === "string"
      ? (argumentOf(await sources.view(call.name, given, lastItem(current)), identity)?.choices ?? [])
      : known;
  return kind === "list" ? inList(current, choices) : choices.map(plain);
}

function argumentOf(view: CallView | undefined, name: string): ArgumentView | undefined {
  return view?.arguments.find((argument) => argument.name === name);
}

function lastItem(current: string): string {
  return current.slice(current.lastIndexOf(",") + 1);
}

/** Behind a comma, what is not in the list yet. */
function inList(current: string, choices: readonly string[]): Candidate[] {
  const before = current.slice(0, current.lastIndexOf(",") + 1);
  const taken = before.split(",");
  return choices.filter((choice) => !taken.includes(choice)).map((choice) => plain(before + choice));
}

function namesAt(place: Place): Candidate[] {
  return place.current.startsWith("-") ? optionNames(place.command) : subcommands(place);
}

function subcommands({ command, first }: Place): Candidate[] {
  if (!first) return [];
  const help = command.createHelp();
  return help
    .visibleCommands(command)
    .filter((child) => child.name() !== "help")
    .map((child) => ({ value: child.name(), text: help.subcommandDescription(child) }));
}

function optionNames(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ short, long, description }) =>
      [long, short].flatMap((value) => (value == null ? [] : [{ value, text: description }])),
    );
}

function startingWith(current: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(current));
}

function plain(value: string): Candidate {
  return { value, text: "" };
}

function titleOf({ doc }: CallDefinition): string {
  return doc.split("\n", 1)[0] ?? "";
}
