import type { BuildDescription, QaMode } from "./build-description.ts";
import type { BuildResult, QaReport, QaResult } from "./build-result.ts";
import { lintianResult } from "./lintian-run.ts";
import type { LogFacts } from "./log-summary.ts";

export type QaReports = BuildResult["qa"];

/** Whether a build with this result is good (builds.md 8). In experimental suites every result is. */
export function isGood(mode: QaMode, result: QaResult, experimental: boolean): boolean {
  if (experimental || mode === "DISABLED" || mode === "IGNORE") return true;
  if (result === "PASS" || result === "NOTESTS" || result === "SKIPPED") return true;
  return result === "WARN" && mode === "ERRFAIL";
}

/** Reports of all tools; those that did not run are SKIPPED. `ran`: the build got as far as its QA. */
export function qaReports(qa: BuildDescription["qa"], facts: LogFacts, ran: boolean): QaReports {
  const { lintian } = facts;
  const result: QaResult = ran ? lintianResult(lintian, qa.lintian.mode) : "SKIPPED";
  return {
    lintian: {
      mode: qa.lintian.mode,
      result,
      exit: lintian?.exit ?? null,
      counts: lintian === undefined ? {} : { ...lintian.counts },
      lines: lintian === undefined ? [] : [...lintian.lines],
    },
    autopkgtest: notRun(qa.autopkgtest.mode),
    piuparts: notRun(qa.piuparts.mode),
  };
}

function notRun(mode: QaMode): QaReport {
  return { mode, result: "SKIPPED", exit: null, counts: {}, lines: [] };
}

export interface QaObjection {
  readonly tool: string;
  readonly result: QaResult;
}

/** The first tool whose result is not good: a FAIL before an ERROR. */
export function qaObjection(reports: QaReports, experimental: boolean): QaObjection | undefined {
  const bad = Object.entries(reports)
    .filter(([, report]) => !isGood(report.mode, report.result, experimental))
    .map(([tool, report]) => ({ tool, result: report.result }));
  return bad.find(({ result }) => result !== "ERROR") ?? bad[0];
}
