import { matchesSourcePattern } from "#deb";

/** What of a repository may be uploaded to it. */
export interface UploadScope {
  /** None: all that take uploads. */
  readonly suites: readonly string[];
  /** Patterns of source names; none: all. */
  readonly sources: readonly string[];
}

/** Everything in a repository. */
export const WHOLE: UploadScope = { suites: [], sources: [] };

/** What somebody wants to upload. */
export interface WantedUpload {
  readonly suite: string;
  readonly source: string;
}

export function isWhole({ suites, sources }: UploadScope): boolean {
  return suites.length === 0 && sources.length === 0;
}

export function covers({ suites, sources }: UploadScope, { suite, source }: WantedUpload): boolean {
  const suiteFits = suites.length === 0 || suites.includes(suite);
  return suiteFits && (sources.length === 0 || sources.some((it) => matchesSourcePattern(it, source)));
}

/** For people: `everything`, `linux-*, foo to unstable`. */
export function scopeText({ suites, sources }: UploadScope): string {
  const what = sources.length === 0 ? "everything" : sources.join(", ");
  return suites.length === 0 ? what : `${what} to ${suites.join(", ")}`;
}

/** For people: `acme`, `acme (linux-*, foo to unstable)`. */
export function rightText(right: UploadScope & { readonly repository: string }): string {
  return isWhole(right) ? right.repository : `${right.repository} (${scopeText(right)})`;
}

/** Lists as columns, words between blanks: no name has one. */
interface ScopeColumns {
  readonly suites: string;
  readonly sources: string;
}

export function scopeOf({ suites, sources }: ScopeColumns): UploadScope {
  return { suites: wordsOf(suites), sources: wordsOf(sources) };
}

/** The same words make the same columns. */
export function columnsOf({ suites, sources }: UploadScope): ScopeColumns {
  const text = (words: readonly string[]) => [...new Set(words)].sort().join(" ");
  return { suites: text(suites), sources: text(sources) };
}

function wordsOf(column: string): string[] {
  return column.split(" ").filter((word) => word !== "");
}
