/** A line of a log that says why a build ended as it did. */
export interface Finding {
  readonly kind: "error" | "lintian";
  readonly line: number;
  /** As it stands in the log; anybody's text. */
  readonly text: string;
}

/** What compilers, make, debhelper, test runners and sbuild print when something is wrong. */
const ERRORS: readonly RegExp[] = [
  /^E: /,
  /(?:^|[\s:])(?:fatal |internal compiler )?error(?:\[[A-Z0-9]+\])?: /i,
  /^(?:g?make|ninja)(?:\[\d+\])?: \*\*\* /,
  /\bundefined reference to\b/,
  /^(?:FAIL|FAILED|ERROR)(?::| )\S/,
  /^not ok \d/,
  /^Traceback \(most recent call last\)/,
  /^[A-Za-z_.]+(?:Error|Exception): /,
  /\bSegmentation fault\b/,
  /^The following packages have unmet dependencies/,
  /^\s+\S+ : (?:Depends|Build-Depends): /,
  /^dpkg-buildpackage: failure/,
];

/** The first ones usually name the cause, the last ones what it led to. */
const KEEP_FIRST = 12;
const KEEP_LAST = 8;
const TEXT_CHARS = 400;

/** Collects findings of one log, line by line, in memory that does not grow with it. */
export function createFindings(): { take(line: number, text: string): void; all(): readonly Finding[] } {
  const kept = new Map<Finding["kind"], { first: Finding[]; last: Finding[] }>();
  let inLintian = false;
  return {
    take(line, raw) {
      const text = withoutColours(raw);
      inLintian = isLintianAfter(text, inLintian);
      const kind = kindOf(text, inLintian);
      if (kind === undefined) return;
      const lists = kept.get(kind) ?? { first: [], last: [] };
      kept.set(kind, lists);
      const finding = { kind, line, text: text.slice(0, TEXT_CHARS) };
      if (lists.first.length < KEEP_FIRST) lists.first.push(finding);
      else {
        lists.last.push(finding);
        if (lists.last.length > KEEP_LAST) lists.last.shift();
      }
    },
    all: () =>
      [...kept.values()].flatMap(({ first, last }) => [...first, ...last]).sort((a, b) => a.line - b.line),
  };
}

/** Compilers colour the very word that is looked for. */
function withoutColours(text: string): string {
  return text.includes("\u001b") ? text.replaceAll(/\u001b\[[0-?]*[ -/]*[@-~]/g, "") : text;
}

/** builds.md 8.1: the wrapper prints where lintian's output begins and ends. */
function isLintianAfter(text: string, before: boolean): boolean {
  const word = /^MBD-LINTIAN (begin|end)\b/.exec(text)?.[1];
  return word === undefined ? before : word === "begin";
}

function kindOf(text: string, inLintian: boolean): Finding["kind"] | undefined {
  if (inLintian) return /^[EW]: /.test(text) ? "lintian" : undefined;
  return ERRORS.some((pattern) => pattern.test(text)) ? "error" : undefined;
}
