import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { badArgument } from "#platform";

/** How the words of a command line are read. */

/** Repeated options, each of which may also be a list with commas. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(",").filter((word) => word !== "")];
}

export function count(text: string): number {
  if (/^[0-9]{1,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a number from 0 to 999.");
}

export function positive(text: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a number from 1 to 999.");
}

export function daysOrForever(text: string): number | "forever" {
  if (text === "forever") return text;
  if (/^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 36_500) return Number(text);
  throw new InvalidArgumentError("It is a number of days from 1 to 36500, or 'forever'.");
}

/** `SOURCE` or `SOURCE=VERSION`; neither names nor versions have an equals sign. */
export function sourceOf(word: string): { source: string; version?: string } {
  const [source = "", version, ...rest] = word.split("=");
  if (source === "" || version === "" || rest.length > 0)
    throw badArgument("source", `'${word}' is not of the form SOURCE or SOURCE=VERSION`);
  return version === undefined ? { source } : { source, version };
}

/** A URL as it is, a file or directory by its absolute name: the daemon runs elsewhere. */
export function placeOf(text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : resolve(text);
}
