import { formatRelation, parseDependencies } from "./dependencies.ts";
import { isMetaDistribution, parseDistribution } from "./distribution.ts";
import { formatError, quote } from "./errors.ts";

/** How the result of a check of the built packages counts. */
export const QA_MODES = ["DISABLED", "IGNORE", "ERRFAIL", "WARNFAIL"] as const;
export type QaMode = (typeof QA_MODES)[number];

/** The upload options, and what their values are. */
export interface UploadOptionValues {
  "lintian-mode": QaMode;
  "piuparts-mode": QaMode;
  "autopkgtest-mode": QaMode;
  /** Pin of the instance's own suites while building; not 0. */
  "internal-apt-priority": number;
  /** Distribution or meta distribution strings, not resolved. */
  "auto-ports": readonly string[];
  /** Words of DEB_BUILD_OPTIONS; replaces the setting of the distribution, also when empty. */
  "deb-build-options": readonly string[];
  /** Replaces the setting of the distribution, also when empty. */
  "deb-build-profiles": readonly string[];
  /** Dependencies, alternatives separated by ` | `. */
  "add-depends": readonly string[];
}

export type UploadOptionKey = keyof UploadOptionValues;

type Parser<T> = (text: string) => T;

const MAX_PRIORITY = 32767;
const MIN_PRIORITY = -32768;

/** One parser a key; each throws FormatError. */
const PARSERS: { readonly [K in UploadOptionKey]: Parser<UploadOptionValues[K]> } = {
  "lintian-mode": parseQaMode,
  "piuparts-mode": parseQaMode,
  "autopkgtest-mode": parseQaMode,
  "internal-apt-priority": parsePriority,
  "auto-ports": parseAutoPorts,
  "deb-build-options": parseBuildOptions,
  "deb-build-profiles": parseBuildProfiles,
  "add-depends": parseAddDepends,
};

export const UPLOAD_OPTION_KEYS: readonly UploadOptionKey[] = [
  "lintian-mode",
  "piuparts-mode",
  "autopkgtest-mode",
  "internal-apt-priority",
  "auto-ports",
  "deb-build-options",
  "deb-build-profiles",
  "add-depends",
];

/** The value of an option from its text. @throws FormatError */
export function parseUploadOptionValue<K extends UploadOptionKey>(
  key: K,
  text: string,
): UploadOptionValues[K] {
  return PARSERS[key](text);
}

/** Ports are made once for an upload, everything else can differ per architecture. */
export function takesArchitecture(key: UploadOptionKey): boolean {
  return key !== "auto-ports";
}

function parseQaMode(text: string): QaMode {
  const mode = QA_MODES.find((known) => known === text);
  if (mode === undefined) throw bad(`${quote(text)} is not one of ${QA_MODES.join(", ")}`);
  return mode;
}

function parsePriority(text: string): number {
  const value = /^-?[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (value === 0 || value < MIN_PRIORITY || value > MAX_PRIORITY) {
    throw bad(`${quote(text)} is not a whole number from ${MIN_PRIORITY} to ${MAX_PRIORITY} other than 0`);
  }
  return value;
}

function parseAutoPorts(text: string): string[] {
  const targets = text.split(",").map((item) => item.trim());
  for (const [index, target] of targets.entries()) {
    if (target === "") throw bad("the list of distributions has an empty item");
    const distribution = parseDistribution(target);
    if (distribution?.rollback !== undefined)
      throw bad(`${quote(target)} is a rollback, nothing can be ported there`);
    if (distribution === undefined && !isMetaDistribution(target))
      throw bad(`${quote(target)} is not a distribution`);
    if (targets.indexOf(target) < index) throw bad(`${quote(target)} is listed twice`);
  }
  return targets;
}

function parseBuildOptions(text: string): string[] {
  return parseWords(text, /[ \t]+/, /^[a-z][a-z0-9-]*(=[A-Za-z0-9,.:+_/-]+)?$/, "build option");
}

function parseBuildProfiles(text: string): string[] {
  return parseWords(text, /[ \t,]+/, /^[a-z0-9][a-z0-9.+-]*$/, "build profile");
}

function parseWords(text: string, separator: RegExp, word: RegExp, name: string): string[] {
  const words = text.split(separator).filter((item) => item !== "");
  const wrong = words.find((item) => !word.test(item));
  if (wrong !== undefined) throw bad(`${quote(wrong)} is not a ${name}`);
  return words;
}

function parseAddDepends(text: string): string[] {
  const dependencies = parseDependencies(text, { place: { what: "value" }, restrictions: false });
  return dependencies.map((alternatives) => alternatives.map(formatRelation).join(" | "));
}

function bad(problem: string): Error {
  return formatError({ what: "value" }, problem);
}
