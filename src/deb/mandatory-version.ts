import { formatError, quote } from "./errors.ts";

/** Templates of a layout: what ports append by default, and what versions must contain (`.*`: anything). */
export interface VersionTemplates {
  readonly defaultVersion: string;
  readonly mandatoryVersionRegex: string;
}

/** What fills the placeholders of the templates. */
export interface VersionContext {
  /** Identity of the repository. */
  readonly identity: string;
  readonly codeversion: string;
}

/** The templates of a new layout, for its normal and for its experimental suites. */
export const DEFAULT_VERSION_TEMPLATES: {
  readonly normal: VersionTemplates;
  readonly experimental: VersionTemplates;
} = {
  normal: {
    defaultVersion: "~%IDENTITY%%CODEVERSION%+1",
    mandatoryVersionRegex: "~%IDENTITY%%CODEVERSION%\\+[1-9]",
  },
  experimental: {
    defaultVersion: "~%IDENTITY%%CODEVERSION%+0",
    mandatoryVersionRegex: "~%IDENTITY%%CODEVERSION%\\+0",
  },
};

/** The mandatory expression that allows everything. */
export const ANY_VERSION = ".*";

/** A version split at its mandatory part. */
export interface MandatoryParts {
  readonly base: string;
  readonly mark: string;
  readonly tail: string;
}

/**
 * What may follow the mandatory part: letters, digits, dots directly behind it, then parts starting with `+` or `~`.
 * No digit directly behind `+0` (`+01` equals `+1`), nothing that looks like another mandatory part.
 */
const TAIL = "(?!(?<=\\+0)[0-9])(?!.*~[a-z0-9.]+\\+[0-9])[a-z0-9.]*(?:[+~][a-z0-9.]+)*";

/** Fills a default version. */
export function expandDefaultVersion(template: string, context: VersionContext): string {
  return expand(template, context, (text) => text);
}

/** Fills a mandatory expression; values are escaped. @throws FormatError if the result is no regular expression */
export function expandMandatoryRegex(template: string, context: VersionContext): string {
  const mark = expand(template, context, (text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  compile(mark);
  return mark;
}

/**
 * Splits a version at its mandatory part, the last possible one; undefined if it has none, or with `mark` = `.*`.
 * `mark` is an expanded mandatory expression.
 */
export function splitMandatory(version: string, mark: string): MandatoryParts | undefined {
  if (mark === ANY_VERSION) return undefined;
  const groups = compile(mark).exec(version)?.groups;
  if (groups?.base === undefined || groups.mark === undefined || groups.tail === undefined) return undefined;
  return { base: groups.base, mark: groups.mark, tail: groups.tail };
}

/** TAIL in words. */
export const MAY_FOLLOW = 'lower-case letters, digits, dots and parts starting with "+" or "~"';

/**
 * Undefined if the version contains the mandatory part where it must be, else a sentence saying why not (the
 * caller's `version_restriction`). The version has passed checkVersionSyntax.
 */
export function checkMandatory(version: string, mark: string): string | undefined {
  if (mark === ANY_VERSION || splitMandatory(version, mark) !== undefined) return undefined;
  return `Version ${quote(version)} must end in a text matching ${quote(mark)}; only ${MAY_FOLLOW} may follow it.`;
}

function expand(template: string, context: VersionContext, fill: (text: string) => string): string {
  const values: Record<string, string> = { IDENTITY: context.identity, CODEVERSION: context.codeversion };
  return template.replace(/%(IDENTITY|CODEVERSION)%/g, (_match, name: string) => fill(values[name] ?? ""));
}

function compile(mark: string): RegExp {
  try {
    return new RegExp(`^(?<base>.+)(?<mark>${mark})(?<tail>${TAIL})$`);
  } catch (cause) {
    throw Object.assign(
      formatError({ what: "mandatory version expression" }, `${quote(mark)} is no regular expression`),
      {
        cause,
      },
    );
  }
}
