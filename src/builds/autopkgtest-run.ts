import type { LogLine, QaResult } from "./build-result.ts";

/** What autopkgtest says of its tests: in the summary file, which it writes itself, and in its log. */
export interface AutopkgtestRun {
  /** Tests by what became of them. */
  readonly counts: Readonly<Record<string, number>>;
  /** Tests that did not simply pass, and what else made the result, the first fifty. */
  readonly lines: readonly LogLine[];
}

export interface AutopkgtestReader {
  push(text: string, line: number): void;
  read(): AutopkgtestRun;
}

const MAX_LINES = 50;
const MAX_LENGTH = 400;
const MAX_SUMMARY_LINES = 1000;
/** `smoke                FAIL non-zero exit status 1`; `*` stands for the whole package. */
const TEST = /^\S+ +(PASS|FAIL|SKIP|FLAKY)\b/;
/** Lines of the log that say why it could not test at all; the last ones count. */
const TROUBLE = /^(?:autopkgtest(?: \[[0-9:]+\])?: (?:ERROR|error)|<VirtSubproc>: failure|E: |Err:)/;
const MAX_TROUBLE = 10;

/** Takes the summary as a whole and the log line by line: the log tells where the lines of the summary stand. */
export function createAutopkgtestReader(summary: string): AutopkgtestReader {
  const lines = summary
    .split("\n")
    .map((text) => text.trimEnd())
    .filter((text) => text !== "")
    .slice(0, MAX_SUMMARY_LINES);
  const counts: Record<string, number> = {};
  for (const text of lines) {
    const kind = TEST.exec(text)?.[1]?.toLowerCase();
    if (kind !== undefined) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  const wanted = lines.filter((text) => TEST.exec(text)?.[1] !== "PASS").slice(0, MAX_LINES);
  const places = new Map(wanted.map((text) => [text, 0]));
  let trouble: LogLine[] = [];
  let last = 1;
  return {
    push(raw, line) {
      last = line;
      const text = raw.trimEnd();
      // The last place wins: packages can print the like before autopkgtest sums up.
      if (places.has(text)) places.set(text, line);
      else if (TROUBLE.test(text)) trouble = [...trouble, cut(text, line)].slice(-MAX_TROUBLE);
    },
    read() {
      const found = wanted.map((text) => cut(text, places.get(text) || last));
      const tested = Object.keys(counts).length > 0;
      return { counts, lines: tested ? found : [...found, ...trouble] };
    },
  };
}

function cut(text: string, line: number): LogLine {
  return { line, text: text.slice(0, MAX_LENGTH) };
}

/** The table of builds.md 8.2: exit status of autopkgtest(1), section "Exit status". */
export function autopkgtestResult(exit: number | null): QaResult {
  switch (exit) {
    case 0:
      return "PASS";
    case 2:
      return "WARN";
    case 8:
      return "NOTESTS";
    case 4:
    case 6:
    case 12:
    case 14:
      return "FAIL";
    default:
      return "ERROR";
  }
}
