import { BLOCK_PATTERNS } from "#blocks";
import { MbdError } from "#platform";

/**
 * What values may look like before they enter a command line, a Perl file or an apt file. Every list here is a list of
 * what is allowed: nothing is escaped later on, so nothing outside these sets ever gets that far.
 */
export const PATTERNS = {
  /** Policy 5.6.1 */
  source: /^[a-z0-9][a-z0-9+.-]+$/,
  /** Policy 5.6.12 */
  version: /^[0-9][A-Za-z0-9.+:~-]*$/,
  distribution: /^[a-z0-9][a-z0-9.+-]{0,127}$/,
  codename: /^[a-z0-9][a-z0-9.+-]{0,63}$/,
  arch: /^[a-z0-9][a-z0-9-]{0,31}$/,
  fileName: /^[A-Za-z0-9][A-Za-z0-9.+~_-]{0,239}$/,
  /** Absolute, no `..`, nothing a shell or Perl would look at twice. */
  path: /^(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9._+~@:-]+)+$/,
  sha256: /^[0-9a-f]{64}$/,
  bkey: /^[a-z0-9][a-z0-9+.-]*\/[0-9][A-Za-z0-9.+:~-]*\/[0-9]{8}T[0-9]{6}Z\/source(?: [a-z0-9-]+)?$/,
  /** A word of DEB_BUILD_OPTIONS, names-and-versions.md 8. */
  buildOption: /^[a-z][a-z0-9-]*(?:=[A-Za-z0-9,.:+_/-]+)?$/,
  buildProfile: /^[a-z0-9][a-z0-9+.-]*$/,
  /** Policy 7.1 without architecture and profile restrictions: pkg[:arch] [(op version)] [| …]. */
  depends:
    /^[a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?(?: ?\((?:<<|<=|=|>=|>>) ?[0-9][A-Za-z0-9.+:~-]*\))?(?: ?\| ?[a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?(?: ?\((?:<<|<=|=|>=|>>) ?[0-9][A-Za-z0-9.+:~-]*\))?)*$/,
  /** No blanks, no quotes, no `%` (sbuild replaces those), no shell characters. */
  lintianOption: /^[A-Za-z0-9+.,:=/_@~-]{1,200}$/,
  uri: /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9.+~_:@=-]+)*\/?$/,
  suite: /^[A-Za-z0-9][A-Za-z0-9.+~_-]*(?:\/[A-Za-z0-9][A-Za-z0-9.+~_-]*)*$/,
  component: /^[A-Za-z0-9][A-Za-z0-9.+_-]*(?:\/[A-Za-z0-9][A-Za-z0-9.+_-]*)*$/,
  /** Name of a key file. */
  slug: /^[a-z0-9][a-z0-9.+_-]{0,99}$/,
  /** Release fields in a pin: blanks are fine, commas and line ends are not (apt_preferences(5)). */
  pinValue: /^[A-Za-z0-9](?:[A-Za-z0-9 .+~_:/()-]*[A-Za-z0-9.+~_:/()-])?$/,
  host: /^[A-Za-z0-9.:-]{1,255}$/,
  ...BLOCK_PATTERNS,
  base64: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
} as const;

export type PatternName = keyof typeof PATTERNS;

/** The value, if it has the form; otherwise `bad_request` naming it. */
export function checked(pattern: PatternName, value: string, what: string): string {
  if (PATTERNS[pattern].test(value)) return value;
  throw new MbdError("bad_request", {
    reason: `build description: ${what} ${JSON.stringify(value.slice(0, 100))} is not allowed`,
  });
}

/** A whole number within bounds. */
export function checkedNumber(value: number, minimum: number, maximum: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= minimum && value <= maximum) return value;
  throw new MbdError("bad_request", {
    reason: `build description: ${what} ${value} is not a whole number from ${minimum} to ${maximum}`,
  });
}

/** Options of lintian may not touch what makes its exit status (also not abbreviated, as Getopt::Long allows). */
export function isFailOnOption(option: string): boolean {
  const name = /^--?([^=]*)/.exec(option)?.[1]?.toLowerCase() ?? "";
  if (!option.startsWith("-") || name.length < 2) return false;
  return name.startsWith("fail-on") || "fail-on-warnings".startsWith(name);
}
