import { FormatError, quote } from "./errors.ts";
import { isArchitecture } from "./names.ts";
import { findOptionLines } from "./upload-option-lines.ts";
import {
  parseUploadOptionValue,
  takesArchitecture,
  UPLOAD_OPTION_KEYS,
  type UploadOptionKey,
  type UploadOptionValues,
} from "./upload-option-values.ts";

/** An option of one upload or port. */
export interface UploadOption {
  readonly key: UploadOptionKey;
  /** Undefined: for all architectures without an option of their own. */
  readonly architecture: string | undefined;
  /** The value as written, for showing and for {@link formatUploadOption}. */
  readonly text: string;
  /** See {@link UploadOptionValues}; {@link lookupUploadOption} gives it with its type. */
  readonly value: UploadOptionValues[UploadOptionKey];
}

export type UploadOptionErrorCode =
  | "option_syntax"
  | "option_unknown"
  | "option_obsolete"
  | "option_bad_arch"
  | "option_duplicate"
  | "option_bad_value";

export interface UploadOptionError {
  readonly code: UploadOptionErrorCode;
  /** One sentence for the uploader. */
  readonly message: string;
}

/** Any error rejects the upload; all are listed. */
export interface UploadOptions {
  readonly options: readonly UploadOption[];
  readonly errors: readonly UploadOptionError[];
  readonly warnings: readonly string[];
}

export interface UploadOptionContext {
  /** Architectures of the target: options for others are left out with a warning. Not given: all are kept. */
  readonly architectures?: readonly string[];
}

/** Options of ports made by calls that name none. */
export const DEFAULT_PORT_OPTIONS: readonly string[] = ["lintian-mode=IGNORE"];

/** `\s*` twice in a row would take quadratic time; the closing bracket takes the blanks behind it along. */
const FORM = /^([A-Za-z][A-Za-z-]*)\s*(?:\[([^\]]*)\]\s*)?=\s*(.*)$/;
const BEGINS_OPTION = /^[A-Za-z][A-Za-z-]*\s*(?:\[[^\]]*\]\s*)?=/;
const OLD_LINTIAN_KEYS = ["ignore-lintian", "run-lintian"];

/**
 * Reads the options of an upload from its `Changes` text, decoded (`Changes.changes`). Only the first changelog block
 * counts. Targets of `auto-ports` are checked for their form only. Never throws.
 */
export function readUploadOptions(changes: string, context: UploadOptionContext = {}): UploadOptions {
  const { texts, almost } = findOptionLines(changes);
  const read = parseUploadOptions(texts, context);
  const errors = almost.map(({ code, text }) => ({
    code,
    message:
      code === "option_obsolete"
        ? `${quote(text)} has an obsolete form: write "MINI_BUILDD_OPTION: key=value".`
        : `${quote(text)} lacks the colon: write "MINI_BUILDD_OPTION: key=value".`,
  }));
  return { ...read, errors: [...errors, ...read.errors] };
}

/** Reads options given one by one as `KEY[ARCH]=VALUE` (API, command line). Never throws. */
export function parseUploadOptions(
  texts: readonly string[],
  context: UploadOptionContext = {},
): UploadOptions {
  const options: UploadOption[] = [];
  const errors: UploadOptionError[] = [];
  const warnings: string[] = [];
  const seen = new Set<string>();
  for (const text of texts) {
    const parsed = parseOption(text.trim());
    if ("code" in parsed) {
      errors.push(parsed);
      continue;
    }
    const name = formatName(parsed);
    if (seen.has(name)) {
      errors.push({ code: "option_duplicate", message: `Option ${quote(name)} is given more than once.` });
      continue;
    }
    seen.add(name);
    const { architecture } = parsed;
    if (architecture === undefined || (context.architectures?.includes(architecture) ?? true))
      options.push(parsed);
    else
      warnings.push(
        `Option ${quote(name)} is ignored: the distribution has no architecture ${quote(architecture)}.`,
      );
  }
  return { options, errors, warnings };
}

/** Splits the one-string form `key=value|key=value`; a `|` between alternatives of a value stays. */
export function splitUploadOptions(text: string): string[] {
  const options: string[] = [];
  for (const piece of text.split("|")) {
    const last = options.length - 1;
    if (last < 0 || BEGINS_OPTION.test(piece.trimStart())) options.push(piece);
    else options[last] += `|${piece}`;
  }
  return options.map((option) => option.trim()).filter((option) => option !== "");
}

/** Value for a build: `key[architecture]`, else `key`, else undefined (then the distribution's setting counts). */
export function lookupUploadOption<K extends UploadOptionKey>(
  options: readonly UploadOption[],
  key: K,
  architecture?: string,
): UploadOptionValues[K] | undefined {
  const ofKey = options.filter((option) => option.key === key);
  const special =
    architecture === undefined ? undefined : ofKey.find((it) => it.architecture === architecture);
  const option = special ?? ofKey.find((it) => it.architecture === undefined);
  return option === undefined ? undefined : parseUploadOptionValue(key, option.text);
}

/** `KEY[ARCH]=VALUE`. */
export function formatUploadOption(option: Pick<UploadOption, "key" | "architecture" | "text">): string {
  return `${formatName(option)}=${option.text}`;
}

function parseOption(text: string): UploadOption | UploadOptionError {
  const [, name, architecture, valueText = ""] = FORM.exec(text) ?? [];
  if (name === undefined) {
    return {
      code: "option_syntax",
      message: `${quote(text)} is not an option of the form key=value or key[architecture]=value.`,
    };
  }
  const key = UPLOAD_OPTION_KEYS.find((known) => known === name);
  if (key === undefined) return unknownOption(name);
  if (architecture !== undefined && !takesArchitecture(key)) {
    return { code: "option_bad_arch", message: `Option "${key}" cannot be given for an architecture.` };
  }
  if (architecture !== undefined && !isArchitecture(architecture)) {
    return {
      code: "option_bad_arch",
      message: `Option "${key}": ${quote(architecture)} is not an architecture to build for.`,
    };
  }
  const trimmed = valueText.trim();
  try {
    return { key, architecture, text: trimmed, value: parseUploadOptionValue(key, trimmed) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { code: "option_bad_value", message: `Option "${key}": ${error.message}` };
  }
}

function unknownOption(name: string): UploadOptionError {
  const lower = name.toLowerCase();
  const meant = OLD_LINTIAN_KEYS.includes(lower)
    ? "lintian-mode"
    : UPLOAD_OPTION_KEYS.find((known) => known === lower);
  const hint = meant === undefined ? `the options are ${UPLOAD_OPTION_KEYS.join(", ")}` : `use "${meant}"`;
  return { code: "option_unknown", message: `There is no option ${quote(name)}: ${hint}.` };
}

function formatName(option: Pick<UploadOption, "key" | "architecture">): string {
  return option.architecture === undefined ? option.key : `${option.key}[${option.architecture}]`;
}
