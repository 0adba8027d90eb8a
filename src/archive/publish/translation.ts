import { createHash } from "node:crypto";

/** Descriptions of packages split off into i18n/Translation-en (https://wiki.debian.org/DebianRepository/Format). */

export interface SplitDescription {
  /** The stanza with the first line only, and the sum that leads to the rest. */
  readonly short: string;
  readonly md5: string;
  /** Value of Description: first line and, indented, the others. */
  readonly description: string;
}

/**
 * Splits the description off a stanza of Packages; undefined when it has none. The sum is that of the value with its
 * newline, as apt computes it to find the translation of a package.
 */
export function splitDescription(stanza: string): SplitDescription | undefined {
  const match = /^Description:[ \t]*(.*(?:\n[ \t].*)*)\n/m.exec(stanza);
  const value = match?.[1];
  if (match === null || value === undefined) return undefined;
  const md5 = createHash("md5").update(`${value}\n`).digest("hex");
  const first = value.split("\n", 1)[0] ?? "";
  const before = stanza.slice(0, match.index);
  const after = stanza.slice(match.index + match[0].length);
  return {
    short: `${before}Description: ${first}\nDescription-md5: ${md5}\n${after}`,
    md5,
    description: value,
  };
}

/** Stanzas of Translation-en for the packages of one name: one for each description. */
export function translationStanzas(name: string, stanzas: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const stanza of stanzas) {
    const split = splitDescription(stanza);
    if (split === undefined || seen.has(split.md5)) continue;
    const { md5, description } = split;
    seen.set(md5, `Package: ${name}\nDescription-md5: ${md5}\nDescription-en: ${description}\n\n`);
  }
  return [...seen.values()];
}
