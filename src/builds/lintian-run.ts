import type { QaMode } from "./build-description.ts";
import type { LogLine, QaResult } from "./build-result.ts";

/** One run of lintian, as the wrapper framed it in the log. */
export interface LintianRun {
  /** lintian knows `--fail-on` (Debian 11 and later). */
  readonly isNew: boolean;
  /** Null: the end is missing. */
  readonly exit: number | null;
  readonly counts: Readonly<Record<LintianLevel, number>>;
  /** Errors and warnings, the first fifty. */
  readonly lines: readonly LogLine[];
}

export type LintianLevel = "error" | "warning" | "info" | "pedantic" | "experimental";

const LEVELS: Readonly<Record<string, LintianLevel>> = {
  E: "error",
  W: "warning",
  I: "info",
  P: "pedantic",
  X: "experimental",
};
const MAX_LINES = 50;
const MAX_LENGTH = 400;

export interface LintianReader {
  push(text: string, line: number): void;
  /** What came until now was not lintian's. */
  forget(): void;
  /** The run from its first beginning to its last end, as names of files can hold lines that look like either. */
  run(): LintianRun | undefined;
}

export function createLintianReader(): LintianReader {
  let run: LintianRun | undefined;
  let open: ReturnType<typeof begin> | undefined;
  return {
    push(text, line) {
      const start = /^MBD-LINTIAN begin new=(yes|no)\b/.exec(text);
      if (start !== null) open ??= begin(start[1] === "yes");
      if (open === undefined) return;
      const end = /^MBD-LINTIAN end exit=([0-9]{1,3})$/.exec(text);
      if (end === null) open.add(text, line);
      else run = open.run(Number(end[1]));
    },
    forget() {
      run = undefined;
      open = undefined;
    },
    run: () => run ?? open?.run(null),
  };
}

function begin(isNew: boolean) {
  const counts = { error: 0, warning: 0, info: 0, pedantic: 0, experimental: 0 };
  const lines: LogLine[] = [];
  return {
    add(text: string, line: number): void {
      const level = LEVELS[/^([EWIPX]): /.exec(text)?.[1] ?? ""];
      if (level === undefined) return;
      counts[level] += 1;
      const matters = level === "error" || level === "warning";
      if (matters && lines.length < MAX_LINES) lines.push({ line, text: text.slice(0, MAX_LENGTH) });
    },
    run: (exit: number | null): LintianRun => ({ isNew, exit, counts: { ...counts }, lines: [...lines] }),
  };
}

/** The table of builds.md 8.1. Perl may also die with 2, so a violation needs a tag line that shows it. */
export function lintianResult(run: LintianRun | undefined, mode: QaMode): QaResult {
  if (mode === "DISABLED") return "SKIPPED";
  if (run === undefined || run.exit === null) return "ERROR";
  const { error, warning } = run.counts;
  if (run.exit === 0) return warning > 0 ? "WARN" : "PASS";
  if (!run.isNew) return run.exit === 1 ? "FAIL" : "ERROR";
  const violations = mode === "WARNFAIL" ? error + warning : error;
  return run.exit === 2 && violations > 0 ? "FAIL" : "ERROR";
}
