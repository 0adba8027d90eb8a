import { existsSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { checkSentence, reportCheck } from "../check-report.ts";
import { lintianResult } from "../lintian-run.ts";
import { scanLog } from "../log-summary.ts";
import { isGood } from "../qa-verdict.ts";
import { chrootsIn, removeChroots } from "./leftovers.ts";
import { runTool, type ToolRun } from "./run-tool.ts";
import {
  type CheckRun,
  checkLogName,
  ENDS_BUILD,
  type EndedBy,
  PACKAGES_WORD,
  type RunnerCheck,
  type RunnerChecks,
  type RunnerFile,
  type RunnerResult,
  type RunnerTask,
  WORK_FILES,
} from "./task.ts";
import { appendLine } from "./tool.ts";
import type { Orders } from "./watch.ts";

export interface ChecksInput extends Pick<RunnerResult, "log" | "lintian" | "lintianEndedBy"> {
  readonly workDir: string;
  readonly task: RunnerTask;
  /** How sbuild ended. */
  readonly run: ToolRun;
  readonly files: readonly RunnerFile[];
  /** When the whole run began: the checks are inside its time. */
  readonly began: number;
  readonly orders: Orders;
}

export interface ChecksEnd {
  readonly runs: readonly CheckRun[];
  /** Why the whole build was ended during a check. */
  readonly endedBy: EndedBy | null;
  readonly peakMemoryBytes: number | null;
}

/** The wanted checks, one after the other, as long as the build is good (builds.md 6, 8). */
export async function runChecks(input: ChecksInput): Promise<ChecksEnd> {
  const { workDir, task } = input;
  const runs: CheckRun[] = [];
  let peakMemoryBytes: number | null = null;
  const { checks } = task;
  if (checks === undefined || checks.steps.length === 0 || !(await isGoodBuild(input, checks))) {
    return { runs, endedBy: null, peakMemoryBytes };
  }
  for (const check of checks.steps) {
    if (check.tool === "piuparts" && packages(workDir, input.files).length === 0) {
      appendLine(workDir, "mini-buildd: piuparts is skipped: there is no package that it could install");
      continue;
    }
    const leftSeconds = task.limits.totalSeconds - (performance.now() - input.began) / 1000;
    appendLine(workDir, `mini-buildd: ${check.tool} begins; it has a log of its own`);
    const { run, tool } = await runCheck(input, check, leftSeconds);
    peakMemoryBytes = Math.max(peakMemoryBytes ?? 0, tool?.peakMemoryBytes ?? 0) || null;
    const outOfTime = run.endedBy === "timeout_total" && leftSeconds <= check.seconds;
    if (outOfTime || ENDS_BUILD.includes(run.endedBy)) {
      appendLine(workDir, `mini-buildd: the build is ended (${run.endedBy})`);
      return { runs, endedBy: run.endedBy, peakMemoryBytes };
    }
    runs.push(run);
    const sentence = checkSentence(run);
    if (sentence !== undefined) appendLine(workDir, sentence, checkLogName(check.tool));
    const { result } = await reportCheck(workDir, check.mode, run);
    appendLine(workDir, `mini-buildd: ${check.tool} ends: ${result}`);
    if (!isGood(check.mode, result, checks.experimental)) break;
  }
  return { runs, endedBy: null, peakMemoryBytes };
}

async function isGoodBuild(input: ChecksInput, checks: RunnerChecks) {
  const { workDir, run, files, lintianEndedBy } = input;
  if (run.exitCode !== 0 || run.endedBy !== null) return false;
  if (!files.some(({ name }) => name.endsWith(".changes"))) return false;
  const { lintian } = await scanLog(join(workDir, WORK_FILES.log), input);
  const result = lintianEndedBy === null ? lintianResult(lintian, checks.lintianMode) : "FAIL";
  return isGood(checks.lintianMode, result, checks.experimental);
}

async function runCheck(
  { workDir, task, files, orders }: ChecksInput,
  check: RunnerCheck,
  leftSeconds: number,
): Promise<{ run: CheckRun; tool?: ToolRun }> {
  const { tool: name } = check;
  const none = { tool: name, exitCode: null, signal: null, endedBy: null, absent: null, ms: 0 };
  // What is there of our own helpers says nothing about the machine.
  const path = (check.env.PATH ?? "").split(":").filter((dir) => !dir.startsWith(workDir));
  const absent = check.programs.find((program) => !path.some((dir) => existsSync(join(dir, program))));
  if (absent !== undefined) return { run: { ...none, absent } };
  const argv = check.argv.flatMap((word) => (word === PACKAGES_WORD ? packages(workDir, files) : [word]));
  const totalSeconds = Math.max(0, Math.min(check.seconds, leftSeconds));
  const limits = { ...task.limits, totalSeconds };
  const { cgroups } = task;
  const tool = await runTool(
    workDir,
    { argv, env: check.env, log: checkLogName(name), name, cgroups, limits },
    orders,
  );
  await removeChroots(await chrootsIn(workDir));
  const { exitCode, signal, endedBy, ms } = tool;
  return { run: { ...none, exitCode, signal, endedBy, ms }, tool };
}

/** Paths of the packages in `<W>/out`; names that are no names of packages are left out, as they will be refused. */
function packages(workDir: string, files: readonly RunnerFile[]): string[] {
  return files
    .filter(({ name }) => /^[a-z0-9][A-Za-z0-9.+~_-]*\.deb$/.test(name))
    .map(({ name }) => join(workDir, "out", name));
}
