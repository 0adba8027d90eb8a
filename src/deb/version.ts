import { formatError, quote } from "./errors.ts";

/** The three parts of a version (deb-version(7)). An absent epoch is 0, an absent revision the empty string. */
export interface VersionParts {
  readonly epoch: number;
  readonly upstream: string;
  readonly revision: string;
}

/** What the instance accepts for its own packages: stricter than dpkg (no colon but the epoch's, no blanks). */
const VERSION = /^(?:(?:0|[1-9][0-9]{0,8}):)?[0-9][A-Za-z0-9.+~]*(?:-[A-Za-z0-9.+~]+)*$/;
const MAX_VERSION_LENGTH = 120;

/** dpkg keeps the epoch in a C int. */
const MAX_EPOCH = 2147483647;

/** Undefined if `text` is a version the instance accepts, else a sentence saying why not. Never throws. */
export function checkVersionSyntax(text: string): string | undefined {
  if (text.length > MAX_VERSION_LENGTH) {
    return `The version is ${text.length} characters long, at most ${MAX_VERSION_LENGTH} are allowed.`;
  }
  if (VERSION.test(text)) return undefined;
  return (
    `${quote(text)} is not a valid version: it must begin with a digit (after an optional epoch), ` +
    `hold only letters, digits and ". + ~ -", and have no empty part behind a hyphen.`
  );
}

/**
 * Splits any version that dpkg itself accepts (so also versions of foreign archives).
 * @throws FormatError where dpkg refuses the version or warns about it.
 */
export function parseVersion(text: string): VersionParts {
  const { epoch, rest } = splitEpoch(text);
  const fail = (problem: string) => formatError({ what: "version" }, `${quote(text)} ${problem}`);
  if (epoch !== undefined && !/^[0-9]+$/.test(epoch)) throw fail("has an epoch that is not a number");
  if (epoch !== undefined && Number(epoch) > MAX_EPOCH) throw fail("has an epoch that is too big");
  const hyphen = rest.lastIndexOf("-");
  const upstream = hyphen < 0 ? rest : rest.slice(0, hyphen);
  const revision = hyphen < 0 ? "" : rest.slice(hyphen + 1);
  if (upstream === "") throw fail("has no upstream version");
  if (hyphen >= 0 && revision === "") throw fail("has an empty revision");
  if (!/^[0-9]/.test(upstream)) throw fail("does not start with a digit");
  if (!/^[A-Za-z0-9.+~:-]*$/.test(upstream)) throw fail("has a forbidden character in its upstream version");
  if (!/^[A-Za-z0-9.+~]*$/.test(revision)) throw fail("has a forbidden character in its revision");
  return { epoch: Number(epoch ?? 0), upstream, revision };
}

/** The version as it stands in file names: without epoch. */
export function withoutEpoch(version: string): string {
  return splitEpoch(version).rest;
}

/**
 * Order of two versions by dpkg's algorithm (deb-version(7), "Sorting algorithm"): -1, 0 or 1.
 * Total: never throws, so that sorting a foreign archive cannot fail. Text with a colon behind something that
 * is no number counts as version without epoch.
 */
export function compareVersions(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  const left = splitForOrder(a);
  const right = splitForOrder(b);
  return (
    sign(compareNumbers(left.epoch, right.epoch)) ||
    sign(comparePart(left.upstream, right.upstream)) ||
    sign(comparePart(left.revision, right.revision))
  );
}

/** Whether dpkg takes the two for the same version: `0:1.0` = `1.0`, `1.0-0` = `1.0`, `+01` = `+1`. */
export function versionsEqual(a: string, b: string): boolean {
  return compareVersions(a, b) === 0;
}

function splitEpoch(version: string): { epoch: string | undefined; rest: string } {
  const colon = version.indexOf(":");
  if (colon < 0) return { epoch: undefined, rest: version };
  return { epoch: version.slice(0, colon), rest: version.slice(colon + 1) };
}

function splitForOrder(version: string): { epoch: string; upstream: string; revision: string } {
  const split = splitEpoch(version);
  const numeric = split.epoch !== undefined && /^[0-9]+$/.test(split.epoch);
  const rest = numeric ? split.rest : version;
  const hyphen = rest.lastIndexOf("-");
  return {
    epoch: numeric ? (split.epoch ?? "") : "",
    upstream: hyphen < 0 ? rest : rest.slice(0, hyphen),
    revision: hyphen < 0 ? "" : rest.slice(hyphen + 1),
  };
}

/** Compares digit strings of any length without losing precision. */
function compareNumbers(a: string, b: string): number {
  const x = a.replace(/^0+/, "");
  const y = b.replace(/^0+/, "");
  if (x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** One part, as dpkg's verrevcmp(): runs of non-digits and of digits in turn. */
function comparePart(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a.charCodeAt(i))) || (j < b.length && !isDigit(b.charCodeAt(j)))) {
      const difference = weight(a, i) - weight(b, j);
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
    const endA = endOfDigits(a, i);
    const endB = endOfDigits(b, j);
    const difference = compareNumbers(a.slice(i, endA), b.slice(j, endB));
    if (difference !== 0) return difference;
    i = endA;
    j = endB;
  }
  return 0;
}

/** `~` sorts before the end, the end and digits before letters, letters before everything else. */
function weight(text: string, index: number): number {
  if (index >= text.length) return 0;
  const code = text.charCodeAt(index);
  if (isDigit(code)) return 0;
  if (code === 0x7e) return -1;
  const letter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return letter ? code : code + 256;
}

function endOfDigits(text: string, from: number): number {
  let end = from;
  while (end < text.length && isDigit(text.charCodeAt(end))) end += 1;
  return end;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function sign(difference: number): -1 | 0 | 1 {
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}
