import { type FormatPlace, formatError, quote } from "./errors.ts";
import { parseVersion } from "./version.ts";

export const VERSION_OPERATORS = ["<<", "<=", "=", ">=", ">>"] as const;
export type VersionOperator = (typeof VERSION_OPERATORS)[number];

/** One alternative: `name:qualifier (operator version) [architectures] <profiles>` (Policy 7.1). */
export interface Relation {
  readonly name: string;
  /** `any`, `native` or an architecture. */
  readonly qualifier: string | undefined;
  readonly version: { readonly operator: VersionOperator; readonly version: string } | undefined;
  /** Words, all or none of them with `!`. Empty: everywhere. */
  readonly architectures: readonly string[];
  /** Any of the lists, of a list all; words may have a `!`. Empty: always. */
  readonly profiles: readonly (readonly string[])[];
}

/** All of the outer list, of each inner list any. */
export type Dependencies = readonly (readonly Relation[])[];

export interface DependencyOptions {
  /** Where the text stands, for messages. */
  readonly place: FormatPlace;
  /** Accept `[arch]` and `<profile>`; default yes. */
  readonly restrictions?: boolean;
  /** Ignore empty items (a trailing comma, an empty field), as dpkg does; default no. */
  readonly emptyItems?: boolean;
}

/** Policy 5.6.7; no upper limit of the length, generated names are long. */
const PACKAGE_NAME = "[a-z0-9][a-z0-9+.-]+";
const RELATION = new RegExp(
  `^(?<name>${PACKAGE_NAME})(?::(?<qualifier>[a-z0-9][a-z0-9-]*))?` +
    "(?:\\s*\\(\\s*(?<operator><<|<=|=|>=|>>)\\s*(?<version>[^)\\s]+)\\s*\\))?" +
    "(?:\\s*\\[(?<architectures>[^\\]]*)\\])?(?<profiles>(?:\\s*<[^<>]*>)*)$",
);

/** Reads a relationship field such as `Build-Depends`. @throws FormatError naming the item that is wrong */
export function parseDependencies(text: string, options: DependencyOptions): Dependencies {
  if (text.includes("${")) throw formatError(options.place, "substitution variables are not possible here");
  const items = text.split(",").map((item) => item.trim());
  const wanted = options.emptyItems === true ? items.filter((item) => item !== "") : items;
  return wanted.map((item) => {
    if (item === "") throw formatError(options.place, "the list of packages has an empty item");
    return item.split("|").map((alternative) => parseRelation(alternative.trim(), options));
  });
}

/** The text of dependencies in the usual form: `a (>= 1) | b, c:any [amd64] <!nocheck>`. */
export function formatDependencies(dependencies: Dependencies): string {
  return dependencies.map((alternatives) => alternatives.map(formatRelation).join(" | ")).join(", ");
}

export function formatRelation(relation: Relation): string {
  const { name, qualifier, version, architectures, profiles } = relation;
  const parts = [
    qualifier === undefined ? name : `${name}:${qualifier}`,
    ...(version === undefined ? [] : [`(${version.operator} ${version.version})`]),
    ...(architectures.length === 0 ? [] : [`[${architectures.join(" ")}]`]),
    ...profiles.map((list) => `<${list.join(" ")}>`),
  ];
  return parts.join(" ");
}

function parseRelation(text: string, options: DependencyOptions): Relation {
  const { place } = options;
  const fail = (problem: string) => formatError(place, `${quote(text)} ${problem}`);
  const groups = RELATION.exec(text)?.groups;
  const name = groups?.name;
  if (groups === undefined || name === undefined) {
    throw fail("is not of the form package[:arch] (operator version)");
  }
  const restricted = groups.architectures !== undefined || groups.profiles !== "";
  if (restricted && options.restrictions === false)
    throw fail("has [architecture] or <profile>, not possible here");
  return {
    name,
    qualifier: groups.qualifier,
    version: readVersion(groups.operator, groups.version, fail),
    architectures: readArchitectures(groups.architectures, fail),
    profiles: readProfiles(groups.profiles ?? "", fail),
  };
}

function readVersion(
  operator: string | undefined,
  version: string | undefined,
  fail: (problem: string) => Error,
) {
  const known = VERSION_OPERATORS.find((candidate) => candidate === operator);
  if (known === undefined || version === undefined) return undefined;
  try {
    parseVersion(version);
  } catch (cause) {
    throw Object.assign(fail("has a version that is none"), { cause });
  }
  return { operator: known, version };
}

function readArchitectures(text: string | undefined, fail: (problem: string) => Error): string[] {
  if (text === undefined) return [];
  const words = splitWords(text);
  if (words.length === 0 || words.some((word) => !/^!?[a-z0-9][a-z0-9-]*$/.test(word))) {
    throw fail("has a list of architectures that is none");
  }
  const negated = words.filter((word) => word.startsWith("!")).length;
  if (negated > 0 && negated < words.length) throw fail("has architectures with and without ! in one list");
  return words;
}

function readProfiles(text: string, fail: (problem: string) => Error): string[][] {
  const lists = text.match(/<[^<>]*>/g) ?? [];
  return lists.map((list) => {
    const words = splitWords(list.slice(1, -1));
    if (words.length === 0 || words.some((word) => !/^!?[a-z0-9][a-z0-9.+-]*$/.test(word))) {
      throw fail("has a list of build profiles that is none");
    }
    return words;
  });
}

function splitWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
