import { type FormatPlace, formatError, quote } from "./errors.ts";
import { isArchitectureWord } from "./names.ts";

/** A line of `Package-List` in a .dsc: a binary package the source can build (dsc(5)). */
export interface PackageListEntry {
  readonly package: string;
  /** `deb`, `udeb`, … */
  readonly type: string;
  readonly section: string;
  readonly priority: string;
  /** Architectures and wildcards; undefined in lists of dpkg before 1.17.4. */
  readonly architectures: readonly string[] | undefined;
  /** Build profiles that make it: any of the lists, of a list all; `!` negates. Empty: always made. */
  readonly profiles: readonly (readonly string[])[];
  readonly essential: boolean;
}

/** @throws FormatError */
export function parsePackageList(value: string, place: FormatPlace): PackageListEntry[] {
  const lines = value.split("\n");
  return lines.filter((line, index) => index > 0 || line !== "").map((line) => parseEntry(line, place));
}

/** Whether an entry is made when the given build profiles are active. */
export function isBuiltWithProfiles(entry: PackageListEntry, active: readonly string[]): boolean {
  if (entry.profiles.length === 0) return true;
  return entry.profiles.some((all) =>
    all.every((term) => (term.startsWith("!") ? !active.includes(term.slice(1)) : active.includes(term))),
  );
}

function parseEntry(line: string, place: FormatPlace): PackageListEntry {
  const [name, type, section, priority, ...extra] = line.split(/[ \t]+/).filter((word) => word !== "");
  if (name === undefined || type === undefined || section === undefined || priority === undefined) {
    throw formatError(place, `${quote(line.trim())} does not have package, type, section and priority`);
  }
  const options = new Map(extra.map((word) => splitOption(word, place)));
  return {
    package: name,
    type,
    section,
    priority,
    architectures: parseArchitectures(options.get("arch"), place),
    profiles: (options.get("profile") ?? "")
      .split("+")
      .filter((list) => list !== "")
      .map((list) => list.split(",")),
    essential: options.get("essential") === "yes",
  };
}

function splitOption(word: string, place: FormatPlace): [string, string] {
  const equals = word.indexOf("=");
  if (equals <= 0) throw formatError(place, `${quote(word)} is not of the form key=value`);
  return [word.slice(0, equals), word.slice(equals + 1)];
}

function parseArchitectures(list: string | undefined, place: FormatPlace): string[] | undefined {
  const words = list?.split(",");
  const bad = words?.find((word) => !isArchitectureWord(word));
  if (bad !== undefined) throw formatError(place, `${quote(bad)} is not an architecture`);
  return words;
}
