import { join } from "node:path";
import type { Clock } from "#platform";
import { blockNameOf } from "./build-blocks.ts";
import { BuildDescription } from "./build-description.ts";
import type { BuildResult, QaReport } from "./build-result.ts";
import { reportCheck } from "./check-report.ts";
import { failedArchives } from "./failed-archives.ts";
import { type LogFacts, scanLog } from "./log-summary.ts";
import { qaObjection, qaReports } from "./qa-verdict.ts";
import { checkResults } from "./results-check.ts";
import { type CheckTool, type RunnerResult, type RunnerTask, WORK_FILES } from "./runner/task.ts";
import { judge } from "./verdict.ts";

export interface EvaluateInput {
  readonly workDir: string;
  readonly task: RunnerTask;
  readonly raw: RunnerResult;
  readonly cancelRequested: boolean;
  /** Of earlier attempts: since when dependencies are waited for. */
  readonly depWaitSince?: string | null;
  readonly clock: Clock;
  readonly ownerOf?: (packageName: string) => Promise<string | undefined>;
}

/** Makes the result of a build from what its runner left; nothing that a worker says of itself is taken over. */
export async function evaluateBuild(input: EvaluateInput): Promise<BuildResult> {
  const { workDir, task, raw } = input;
  const description = BuildDescription.parse(task.description);
  const facts = await scanLog(join(workDir, WORK_FILES.log), raw);
  const checked = await checkResults({
    description,
    dir: join(workDir, "out"),
    files: raw.files,
    ...(input.ownerOf === undefined ? {} : { ownerOf: input.ownerOf }),
  });
  const ran = raw.exitCode === 0 && checked.seen.kind === "valid";
  const checks = await checkReports(input, description);
  const qa = qaReports(description.qa, { facts, lintianEndedBy: raw.lintianEndedBy, checks, ran });
  const verdict = judge({
    cancelRequested: input.cancelRequested,
    endedBy: raw.endedBy,
    exitCode: raw.exitCode,
    signal: raw.signal,
    starved: raw.starved,
    facts,
    results: checked.seen,
    qa: qaObjection(qa, description.qa.experimental),
  });
  const { failStage } = facts;
  const { archives } = await failedArchives(workDir, task, raw, { class: verdict.class, failStage });
  return {
    build: task.build,
    attempt: task.attempt,
    fence: task.fence,
    ...verdict,
    message: withArchives(verdict.message, facts.failedBlock === null ? archives : []),
    exitCode: raw.exitCode,
    signal: raw.signal,
    failStage,
    status: facts.status,
    summary: { ...facts.summary },
    qa,
    times: times(input, facts),
    peakMemoryBytes: raw.peakMemoryBytes,
    chrootStamp: task.chrootStamp,
    blocks: description.tool.blocks.map(blockNameOf),
    resolver: task.resolver,
    madeWith: {
      debBuildOptions: description.tool.debBuildOptions,
      debBuildProfiles: description.tool.debBuildProfiles,
    },
    limits: { ...raw.limits },
    sizes: {
      logBytes: raw.log.to,
      filesBytes: checked.files.reduce((sum, file) => sum + file.sizeBytes, 0),
      diskBytes: kilobytes(facts.summary.Space),
    },
    files: [...checked.files],
    missing: verdict.class === "dep_wait" ? [...facts.missing] : [],
    depWaitSince: input.depWaitSince ?? null,
    errorLines: verdict.class === "built" || verdict.class === "skipped" ? [] : [...facts.errorLines],
  };
}

/** Where packages did not come from says more than the step of sbuild in which they did not. */
function withArchives(message: string, archives: readonly string[]): string {
  return archives.length === 0 ? message : `apt could not fetch from ${archives.join(", ")} (${message})`;
}

async function checkReports({ workDir, raw }: EvaluateInput, { qa }: BuildDescription) {
  const reports: Partial<Record<CheckTool, QaReport>> = {};
  for (const run of raw.checks) reports[run.tool] = await reportCheck(workDir, qa[run.tool].mode, run);
  return reports;
}

function times({ task, raw, clock }: EvaluateInput, { summary }: LogFacts): BuildResult["times"] {
  return {
    sbuildMs: raw.sbuildMs,
    totalMs: Math.max(0, clock.now().getTime() - Date.parse(task.leasedAt)),
    installSeconds: whole(summary["Install-Time"]),
    buildSeconds: whole(summary["Build-Time"]),
  };
}

function whole(text: string | undefined): number | null {
  return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : null;
}

function kilobytes(text: string | undefined): number | null {
  const value = whole(text);
  return value === null ? null : value * 1024;
}
