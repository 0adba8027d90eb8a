import type { BuildDescription, QaMode } from "./build-description.ts";
import type { BuildResult, QaReport, QaResult } from "./build-result.ts";
import { limitSentence } from "./check-report.ts";
import { lintianResult } from "./lintian-run.ts";
import type { LogFacts } from "./log-summary.ts";
import type { EndedBy } from "./runner/task.ts";

export type QaReports = BuildResult["qa"];

/** Whether a build with this result is good (builds.md 8). In experimental suites every result is. */
export function isGood(mode: QaMode, result: QaResult, experimental: boolean): boolean {
  if (experimental || mode === "DISABLED" || mode === "IGNORE") return true;
  if (result === "PASS" || result === "NOTESTS" || result === "SKIPPED") return true;
  return result === "WARN" && mode === "ERRFAIL";
}

export interface QaSeen {
  readonly facts: Pick<LogFacts, "lintian" | "lines">;
  /** Why lintian, and only lintian, was ended. */
  readonly lintianEndedBy: EndedBy | null;
  /** Reports of the checks that were begun after the build. */
  readonly checks: Partial<Pick<QaReports, "autopkgtest" | "piuparts">>;
  /** The build got as far as its QA. */
  readonly ran: boolean;
}

/** Reports of all tools; those that did not run are SKIPPED. */
export function qaReports(
  qa: BuildDescription["qa"],
  { facts, lintianEndedBy, checks, ran }: QaSeen,
): QaReports {
  const { lintian } = facts;
  const ended = ran && lintianEndedBy !== null ? limitSentence("lintian", lintianEndedBy) : undefined;
  const seen: QaResult = ran ? lintianResult(lintian, qa.lintian.mode) : "SKIPPED";
  return {
    lintian: {
      mode: qa.lintian.mode,
      // To break a limit is the package's fault.
      result: ended === undefined ? seen : "FAIL",
      exit: lintian?.exit ?? null,
      counts: lintian === undefined ? {} : { ...lintian.counts },
      lines: [
        ...(ended === undefined ? [] : [{ line: facts.lines, text: ended }]),
        ...(lintian?.lines ?? []),
      ],
    },
    autopkgtest: (ran ? checks.autopkgtest : undefined) ?? notRun(qa.autopkgtest.mode),
    piuparts: (ran ? checks.piuparts : undefined) ?? notRun(qa.piuparts.mode),
  };
}

function notRun(mode: QaMode): QaReport {
  return { mode, result: "SKIPPED", exit: null, counts: {}, lines: [] };
}

export interface QaObjection {
  readonly tool: string;
  readonly result: QaResult;
  /** The first of the lines that made the result, shortened; empty without any. */
  readonly why: string;
}

const WHY_LENGTH = 200;

/** The first tool whose result is not good: a FAIL before an ERROR. */
export function qaObjection(reports: QaReports, experimental: boolean): QaObjection | undefined {
  const bad = Object.entries(reports)
    .filter(([, report]) => !isGood(report.mode, report.result, experimental))
    .map(([tool, { result, lines }]) => ({ tool, result, why: firstWords(lines) }));
  return bad.find(({ result }) => result !== "ERROR") ?? bad[0];
}

function firstWords(lines: QaReport["lines"]): string {
  const text = lines[0]?.text.trim().replaceAll(/\s+/g, " ") ?? "";
  return text.length > WHY_LENGTH ? `${text.slice(0, WHY_LENGTH)}…` : text;
}

/** For events: of each tool that found something, the first lines that say what. */
export function qaLines(reports: QaReports, most = 5): Record<string, string[]> {
  const found = Object.entries(reports)
    .filter(([, { result }]) => result === "WARN" || result === "FAIL" || result === "ERROR")
    .map(([tool, { lines }]) => [tool, lines.slice(0, most).map(({ text }) => text)] as const);
  return Object.fromEntries(found);
}
