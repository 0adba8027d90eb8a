import type { LogLine } from "./build-result.ts";

/** Lines that name a cause, of the compilers, tools and test runners that packages use. */
const CAUSES: readonly RegExp[] = [
  /(?:^|[\s:])(?:fatal )?error(?:\[E[0-9]+\])?:/i,
  /^CMake Error|undefined reference to|multiple definition of|cannot find -l/,
  /^E: /,
  /^[A-Za-z_.]*(?:Error|Exception)(?::|$)/,
  /^(?:not ok|FAIL|FAILED|ERROR)[: ]|^test .* \.\.\. FAILED|^# FAIL: +[1-9]/,
  /No such file or directory|command not found|: not found$|Permission denied|Segmentation fault|Killed$/,
  /unmet dependencies|Depends: .* but |Failed to fetch|Unable to fetch|Temporary failure|^(?:Err:|W: Failed)/,
  /No space left on device|Cannot allocate memory|out of memory/i,
  /^MBD-BLOCK .* failed with/,
  /^mini-buildd: the (?:build is ended|log has reached)/,
];

/** Lines that only hand a failure on. */
const CONSEQUENCES: readonly RegExp[] = [
  /^make(?:\[[0-9]+\])?: \*\*\*/,
  /^dpkg-buildpackage: error:/,
  /^ninja: build stopped/,
  /^dh_[a-z_]+: error:.* returned exit code/,
  /^E: (?:Build failure|Package build dependencies not satisfied|Package installation failed)/,
];

/** Look like errors and are none. */
const NOISE: readonly RegExp[] = [
  /^checking |^(?:Setting up|Unpacking|Selecting|Preparing to unpack|Get:|Hit:|Ign:) /,
  /\b0 errors?\b|^rm: cannot remove .*: Permission denied$|-Werror(?:=|$| )(?!.*: error:)/,
  /^(?:gcc|cc|g\+\+|c\+\+|clang|libtool|\/bin\/bash|\/bin\/sh) .*-[cDIo]/,
];

/** Compilers colour the very word that is looked for (ECMA-48 SGR and EL). */
const COLOURS = /\x1b\[[0-9;]*[mK]/g;

const FIRST = 5;
const LAST = 5;
const LAST_CONSEQUENCES = 2;
const MAX_LENGTH = 400;

export interface ErrorFinder {
  push(text: string, line: number): void;
  /** At most twelve lines in their order. */
  found(): LogLine[];
}

/**
 * Finds the lines of a log that most likely say why it failed: the first causes (a compiler's first error) and the last
 * ones (the test that failed at the end), and the last words of make. Keeps only what it returns.
 */
export function createErrorFinder(): ErrorFinder {
  const first: LogLine[] = [];
  let last: LogLine[] = [];
  let consequences: LogLine[] = [];
  return {
    push(coloured, line) {
      const text = coloured.replace(COLOURS, "");
      const kind = kindOf(text);
      if (kind === "none") return;
      const entry = { line, text: text.slice(0, MAX_LENGTH) };
      if (kind === "consequence") consequences = [...consequences, entry].slice(-LAST_CONSEQUENCES);
      else if (first.length < FIRST) first.push(entry);
      else last = [...last, entry].slice(-LAST);
    },
    found: () => [...first, ...last, ...consequences].sort((a, b) => a.line - b.line),
  };
}

/** What a line of a log is. */
export function kindOf(text: string): "cause" | "consequence" | "none" {
  if (text.length < 3) return "none";
  const line = text.slice(0, 2000);
  if (NOISE.some((pattern) => pattern.test(line))) return "none";
  if (CONSEQUENCES.some((pattern) => pattern.test(line))) return "consequence";
  return CAUSES.some((pattern) => pattern.test(line)) ? "cause" : "none";
}

/** The same for a text in memory. */
export function findErrorLines(text: string): LogLine[] {
  const finder = createErrorFinder();
  for (const [index, line] of text.split("\n").entries()) finder.push(line, index + 1);
  return finder.found();
}
