import { formatError, quote } from "./errors.ts";
import { isSourcePackage } from "./names.ts";
import { isBlank } from "./stanza.ts";
import { checkVersionSyntax } from "./version.ts";

/** An entry of debian/changelog (deb-changelog(5)). */
export interface ChangelogEntry {
  readonly source: string;
  readonly version: string;
  readonly distributions: readonly string[];
  /** Value of the option `urgency`, as written. */
  readonly urgency: string | undefined;
  /** All options of the heading, keys in lower case. */
  readonly options: Readonly<Record<string, string>>;
  /** Lines between heading and trailer, with their indentation, without empty lines at both ends. */
  readonly changes: readonly string[];
  readonly name: string;
  readonly email: string;
  /** As written, RFC 5322 form. */
  readonly date: string;
}

export interface ChangelogOptions {
  /** File, for messages. */
  readonly what?: string;
  /** Entries to read at most; default all. */
  readonly limit?: number;
}

/** What {@link formatChangelogEntry} writes. */
export interface NewChangelogEntry {
  readonly source: string;
  readonly version: string;
  readonly distribution: string;
  /** Default `medium`, as dch. */
  readonly urgency?: string;
  /** Texts of the bullets; lines behind the first are indented below it. */
  readonly bullets: readonly string[];
  readonly name: string;
  readonly email: string;
  readonly date: Date;
}

const HEADING = /^([A-Za-z0-9][A-Za-z0-9+.-]*) \(([^()\s]+)\)((?:[ \t]+[A-Za-z0-9+.-]+)+)$/;

/**
 * Reads the entries, newest first. The newest must be well formed; at the first irregular text below it reading ends
 * (editor settings, notes of the last century), as dpkg only warns about those. @throws FormatError with the line
 */
export function parseChangelog(text: string, options: ChangelogOptions = {}): ChangelogEntry[] {
  const what = options.what ?? "debian/changelog";
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const entries: ChangelogEntry[] = [];
  let next = 0;
  while (entries.length < limit) {
    while (next < lines.length && isBlank(lines[next] ?? "")) next += 1;
    if (next >= lines.length) break;
    const read = readEntry(lines, next);
    if ("problem" in read) {
      if (entries.length > 0) break;
      throw formatError({ what, line: read.line + 1 }, read.problem);
    }
    entries.push(read.entry);
    next = read.next;
  }
  if (entries.length === 0 && limit > 0) throw formatError({ what }, "it has no entries");
  return entries;
}

/** The text of an entry, with an empty line behind it: to be put in front of the changelog. @throws FormatError */
export function formatChangelogEntry(entry: NewChangelogEntry): string {
  checkNew(entry);
  const bullets = entry.bullets.map((bullet) => `  * ${splitLines(bullet).join("\n    ")}\n`).join("");
  const heading = `${entry.source} (${entry.version}) ${entry.distribution}; urgency=${entry.urgency ?? "medium"}`;
  return `${heading}\n\n${bullets}\n -- ${entry.name} <${entry.email}>  ${formatRfc5322(entry.date)}\n\n`;
}

/** As `date -R` in UTC: `Tue, 02 Jan 2024 03:04:05 +0000`. */
export function formatRfc5322(date: Date): string {
  return date.toUTCString().replace(/GMT$/, "+0000");
}

type Read = { entry: ChangelogEntry; next: number } | { problem: string; line: number };

function readEntry(lines: readonly string[], start: number): Read {
  const heading = readHeading(lines[start] ?? "");
  if (heading === undefined) {
    return {
      problem: `${quote(lines[start] ?? "")} is not a heading "source (version) distribution; urgency=…"`,
      line: start,
    };
  }
  for (let index = start + 1; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    if (line.startsWith(" -- ") || line === " --") {
      const trailer = readTrailer(line);
      if (trailer === undefined) {
        return { problem: `${quote(line)} is not a trailer " -- name <address>  date"`, line: index };
      }
      return {
        entry: { ...heading, changes: trimLines(lines.slice(start + 1, index)), ...trailer },
        next: index + 1,
      };
    }
    if (!isBlank(line) && !/^[ \t]/.test(line))
      return { problem: `${quote(line)} is not indented`, line: index };
  }
  return { problem: "the entry has no trailer", line: lines.length - 1 };
}

function readHeading(line: string): Omit<ChangelogEntry, "changes" | "name" | "email" | "date"> | undefined {
  const semicolon = line.indexOf(";");
  if (semicolon < 0) return undefined;
  const [, source, version, distributions] = HEADING.exec(line.slice(0, semicolon)) ?? [];
  if (source === undefined || version === undefined || distributions === undefined) return undefined;
  const pairs = line
    .slice(semicolon + 1)
    .split(",")
    .map((option): [string, string] => {
      const [key = "", ...value] = option.split("=");
      return [key.trim().toLowerCase(), value.join("=").trim()];
    });
  const options = Object.fromEntries(pairs.filter(([key]) => /^[a-z0-9-]+$/.test(key)));
  return {
    source,
    version,
    distributions: distributions.trim().split(/[ \t]+/),
    urgency: options.urgency,
    options,
  };
}

function readTrailer(line: string): Pick<ChangelogEntry, "name" | "email" | "date"> | undefined {
  const open = line.lastIndexOf("<");
  const close = line.indexOf(">", open);
  if (open < 4 || close < 0) return undefined;
  const date = line.slice(close + 1).trim();
  if (date === "") return undefined;
  return { name: line.slice(4, open).trim(), email: line.slice(open + 1, close).trim(), date };
}

function trimLines(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => !isBlank(line));
  const last = lines.findLastIndex((line) => !isBlank(line));
  return first < 0 ? [] : lines.slice(first, last + 1);
}

function splitLines(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

/** A value with a line end of its own would forge other parts of the changelog. */
function checkNew(entry: NewChangelogEntry): void {
  const fail = (field: string, problem: string) => formatError({ what: "changelog entry", field }, problem);
  if (!isSourcePackage(entry.source)) throw fail("source", `${quote(entry.source)} is not a valid name`);
  const problem = checkVersionSyntax(entry.version);
  if (problem !== undefined) throw fail("version", problem);
  for (const field of ["distribution", "urgency"] as const) {
    const value = entry[field];
    if (value !== undefined && !/^[A-Za-z0-9+.-]+$/.test(value))
      throw fail(field, `${quote(value)} is not one word`);
  }
  if (!/^[^<>\p{Cc}]+$/u.test(entry.name) || isBlank(entry.name))
    throw fail("name", `${quote(entry.name)} is not a name`);
  if (!/^[^<>\s\p{Cc}]+$/u.test(entry.email))
    throw fail("email", `${quote(entry.email)} is not a mail address`);
  if (Number.isNaN(entry.date.getTime())) throw fail("date", "it is not a point in time");
  for (const bullet of entry.bullets) {
    if (/[^\P{Cc}\n\t]/u.test(bullet)) throw fail("bullets", `${quote(bullet)} holds control characters`);
    if (splitLines(bullet).length === 0) throw fail("bullets", "a bullet is empty");
  }
}
