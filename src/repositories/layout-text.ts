import { createStanza, FormatError, parseStanzas, quote } from "#deb";
import { MbdError } from "#platform";
import { type LayoutSpec, MARKED, type SuiteSpec, suiteWith } from "./layouts.ts";
import { type Column, LAYOUT_COLUMNS, SUITE_COLUMNS } from "./settings/layout-columns.ts";

/**
 * A layout as a file: paragraphs (deb822(5)) of which the first has `Layout: NAME`, each other one `Suite: NAME`, with
 * fields named after their settings (`Default-Version`); or JSON with the same names as keys, suites in a list. What is
 * left out is as in a new layout.
 * @throws MbdError bad_argument
 */
export function parseLayout(text: string): LayoutSpec {
  const [head, ...suites] = text.trimStart().startsWith("{") ? fromJson(text) : fromDeb822(text);
  if (head === undefined) throw refused("it is empty");
  const named = takeName(head, "layout", "name");
  const empty: LayoutSpec = { name: named.name, ...MARKED, meta_distributions: "", suites: [] };
  const spec = filled(empty, named.values, LAYOUT_COLUMNS, `layout ${named.name}`);
  return { ...spec, suites: suites.map(suiteOf) };
}

/** The same text again. */
export function formatLayout(spec: LayoutSpec): string {
  const paragraph = <S>(what: string, name: string, row: S, columns: readonly Column<S>[]) =>
    createStanza([
      [what, name] as const,
      ...columns
        .map((column) => [fieldName(column.name), column.show(row)] as const)
        .filter(([, value]) => value !== ""),
    ]).toString();
  return [
    paragraph("Layout", spec.name, spec, LAYOUT_COLUMNS),
    ...spec.suites.map((suite) => paragraph("Suite", suite.name, suite, SUITE_COLUMNS)),
  ].join("\n");
}

/** For programs; `parseLayout` reads it too. */
export function layoutJson(spec: LayoutSpec): Record<string, unknown> {
  const shown = <S>(row: S, columns: readonly Column<S>[]) =>
    Object.fromEntries(columns.map((column) => [column.name, jsonValue(column, column.show(row))]));
  return {
    name: spec.name,
    ...shown(spec, LAYOUT_COLUMNS),
    suites: spec.suites.map((suite) => ({ name: suite.name, ...shown(suite, SUITE_COLUMNS) })),
  };
}

/** Texts by name of a setting. */
type Values = readonly (readonly [string, string])[];

function fromDeb822(text: string): Values[] {
  try {
    return parseStanzas(text, { what: "layout", comments: true }).map((stanza) =>
      [...stanza.entries()].map(([name, value]) => [name.toLowerCase().replaceAll("-", "_"), value] as const),
    );
  } catch (error) {
    if (error instanceof FormatError) throw refused(error.message.replace(/\.$/, ""));
    throw error;
  }
}

function fromJson(text: string): Values[] {
  const { suites, ...layout } = recordOf(jsonOf(text), "it");
  if (!Array.isArray(suites)) throw refused("it has no list 'suites'");
  return [layout, ...suites.map((suite) => recordOf(suite, "a suite"))].map((row) =>
    Object.entries(row).map(([name, value]) => [name, textOf(name, value)] as const),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused("it is no JSON");
  }
}

function recordOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw refused(`${what} is no JSON object`);
}

function textOf(name: string, value: unknown): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw refused(`${quote(name)} is no single value`);
}

function takeName(values: Values, ...keys: readonly string[]): { name: string; values: Values } {
  const found = values.find(([key]) => keys.includes(key));
  if (found === undefined) throw refused(`a part of it has no name (${keys[0]})`);
  return { name: found[1], values: values.filter((each) => each !== found) };
}

function suiteOf(given: Values): SuiteSpec {
  const { name, values } = takeName(given, "suite", "name");
  return filled(suiteWith(name), values, SUITE_COLUMNS, `suite ${name}`);
}

function filled<S>(empty: S, values: Values, columns: readonly Column<S>[], what: string): S {
  return values.reduce((spec, [key, text]) => {
    const column = columns.find(({ name }) => name === key);
    if (column === undefined) {
      const known = columns.map(({ name }) => name).join(", ");
      throw refused(`${what} has no setting ${quote(key)}; there are ${known}`);
    }
    return column.set(spec, text, (reason) => {
      throw refused(`${key} of ${what}: ${reason}`);
    });
  }, empty);
}

function jsonValue<S>({ choices, name }: Column<S>, text: string): unknown {
  if (choices?.includes("yes") === true) return text === "yes";
  if (/^[0-9]+$/.test(text)) return Number(text);
  return text === "" && name === "migrates_to" ? null : text;
}

/** `Default-Version` for `default_version`. */
function fieldName(name: string): string {
  return name.replace(
    /(^|_)([a-z])/g,
    (_all, before: string, letter: string) => `${before === "" ? "" : "-"}${letter.toUpperCase()}`,
  );
}

function refused(reason: string): MbdError {
  return new MbdError("bad_argument", { argument: "file", reason });
}
