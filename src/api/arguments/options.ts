import { quoted } from "#platform";
import type { Argument, Ids } from "./argument.ts";
import { choice, int, list } from "./basic.ts";

/** Splits at a `|` before the next `key[arch]=`, so a `|` between alternative dependencies stays. */
const BETWEEN_OPTIONS = /\s*\|\s*(?=[A-Za-z][A-Za-z-]*\s*(?:\[[^\]]*\])?\s*=)/;
const OPTION = /^[A-Za-z][A-Za-z-]*\s*(?:\[[^\]]*\])?\s*=/;

/** Upload options `KEY[ARCH]=VALUE`, separated by `|` or given several times; what they mean is checked later. */
export function uploadOptions<const I extends Ids>(
  ids: I,
  options: { readonly doc: string; readonly default?: readonly string[] },
): Argument<readonly string[], I> {
  return list(ids, {
    ...options,
    header: "KEY[ARCH]=VALUE",
    example: "lintian-mode=IGNORE",
    separator: "|",
    split: (text) => text.split(BETWEEN_OPTIONS),
    check: (item) => (OPTION.test(item) ? undefined : `${quoted(item)} is not of the form KEY[ARCH]=VALUE`),
  });
}

/** How many rollbacks: 0 none, negative all of the suite. */
export function rollbacks<const I extends Ids>(
  ids: I,
  options: { readonly doc: string },
): Argument<number, I> {
  return int(ids, { ...options, default: 0, min: -1000, max: 1000, example: "1" });
}

/** Numbers of the rollbacks that a value of `rollbacks` asks for in a suite that keeps `kept` of them. */
export function rollbackRange(value: number, kept: number): number[] {
  return Array.from({ length: value < 0 ? kept : Math.min(value, kept) }, (_, index) => index);
}

export const OUTPUTS = ["html", "plain", "json"] as const;
export type Output = (typeof OUTPUTS)[number];

/** Form of the answer; not part of a call, every call has it. */
export const output: Argument<Output> = choice(["--output"], {
  doc: "Form of the answer; what the client accepts unless given.",
  choices: OUTPUTS,
  default: "plain",
});
