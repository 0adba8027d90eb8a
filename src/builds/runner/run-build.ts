import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode, processIdentity, writeFileAtomic, writeFileFirst } from "#platform";
import { limitSentence } from "../check-report.ts";
import { openDoor, sendAptThrough } from "./door.ts";
import { hashFiles } from "./hash-files.ts";
import { chrootsIn, cleanLeftovers, removeChroots } from "./leftovers.ts";
import { lintianOf } from "./lintian-step.ts";
import { roomIn } from "./room.ts";
import { runChecks } from "./run-checks.ts";
import { runTool, type ToolRun } from "./run-tool.ts";
import {
  ENDS_BUILD,
  type EndedBy,
  type RunnerClaim,
  type RunnerResult,
  type RunnerTask,
  WORK_FILES,
} from "./task.ts";
import { appendLine, logSize } from "./tool.ts";
import { isCancelled, type Orders } from "./watch.ts";

/** How often it is tried again to leave the result on a full disk. */
const ROOM_MS = 1000;

/** Makes the one build that `<W>/description.json` describes and leaves `<W>/result.json`. False: somebody else does. */
export async function runBuild(workDir: string, orders: Orders): Promise<boolean> {
  const task = JSON.parse(readFileSync(join(workDir, WORK_FILES.task), "utf8")) as RunnerTask;
  const { attempt, fence, run } = task;
  const own = processIdentity(process.pid);
  if (own === undefined) throw new Error("this process is not in /proc");
  const claim: RunnerClaim = { ...own, attempt, fence, run };
  if (!(await writeFileFirst(join(workDir, WORK_FILES.runner), json(claim)))) return false;
  const door = task.proxyPort === undefined ? undefined : await openDoor(task.proxyPort);
  if (door !== undefined) sendAptThrough(workDir, door);
  try {
    await leaveResult(workDir, await makeBuild(workDir, task, orders), orders);
  } finally {
    door?.close();
  }
  return true;
}

/** Another build may have filled the disk just now: hours of work are not thrown away for that. */
async function leaveResult(workDir: string, result: RunnerResult, orders: Orders): Promise<void> {
  for (;;) {
    try {
      await writeFileAtomic(join(workDir, WORK_FILES.result), json(result));
      return;
    } catch (error) {
      if (!hasCode(error, "ENOSPC", "EDQUOT") || orders.terminated()) throw error;
      await delay(ROOM_MS);
    }
  }
}

const json = (value: unknown): string => `${JSON.stringify(value)}\n`;

async function makeBuild(workDir: string, task: RunnerTask, orders: Orders): Promise<RunnerResult> {
  const { build, attempt, fence, run: number } = task;
  const began = performance.now();
  appendLine(workDir, `mini-buildd: build ${build}, attempt ${attempt}, resolver ${task.resolver}`);
  const from = logSize(workDir);
  const sbuild = await runSbuild(workDir, task, orders);
  const chroots = await chrootsIn(workDir);
  if (chroots.length > 0) appendLine(workDir, "mini-buildd: the session that sbuild keeps is removed");
  // Which takes seconds that lintian need not wait for.
  const [{ run, lintian, lintianEndedBy }] = await Promise.all([
    runLintian(workDir, task, sbuild, orders),
    removeChroots(chroots),
  ]);
  await removeChroots(await chrootsIn(workDir));
  const log = { from, to: logSize(workDir) };
  // Before anything runs that was just built: these hashes are what counts.
  const outputs = await hashFiles(join(workDir, "out"));
  const { files } = outputs;
  const checked = await runChecks({ workDir, task, run, lintian, lintianEndedBy, log, files, began, orders });
  return {
    build,
    attempt,
    fence,
    run: number,
    exitCode: run.exitCode,
    signal: run.signal,
    endedBy: run.endedBy ?? checked.endedBy,
    starved: run.starved,
    log,
    sbuildMs: run.ms,
    peakMemoryBytes: highest(run.peakMemoryBytes, checked.peakMemoryBytes),
    limits: run.kept,
    ...outputs,
    lintian,
    lintianEndedBy,
    checks: checked.runs,
  };
}

async function runSbuild(workDir: string, task: RunnerTask, orders: Orders): Promise<ToolRun> {
  const early = await refusal(workDir, task, orders);
  if (early !== null) {
    await cleanLeftovers(workDir);
    const kept = { memory: "none", tasks: "none" };
    return {
      exitCode: null,
      signal: null,
      endedBy: early,
      starved: false,
      ms: 0,
      peakMemoryBytes: null,
      kept,
    };
  }
  return await runTool(workDir, { ...task, name: "sbuild", log: WORK_FILES.log }, orders);
}

/** Behind a good sbuild; lintian objects by its exit status and lines. What ends it for us ends the build only where it must. */
async function runLintian(
  workDir: string,
  task: RunnerTask,
  sbuild: ToolRun,
  orders: Orders,
): Promise<{ run: ToolRun } & Pick<RunnerResult, "lintian" | "lintianEndedBy">> {
  const none = { run: sbuild, lintian: null, lintianEndedBy: null };
  if (sbuild.exitCode !== 0 || sbuild.endedBy !== null) return none;
  const command = lintianOf(workDir, task);
  if (command === undefined) return none;
  appendLine(workDir, heading("lintian"));
  const from = logSize(workDir);
  const leftSeconds = task.limits.totalSeconds - sbuild.ms / 1000;
  const limits = { ...task.limits, totalSeconds: Math.min(leftSeconds, command.seconds) };
  const call = { ...command, name: "lintian" as const, log: WORK_FILES.log, cgroups: task.cgroups, limits };
  const { exitCode, endedBy, ms, peakMemoryBytes } = await runTool(workDir, call, orders);
  const lintian = { from, exitCode };
  const peak = highest(sbuild.peakMemoryBytes, peakMemoryBytes);
  const run = { ...sbuild, ms: sbuild.ms + ms, peakMemoryBytes: peak };
  const outOfTime = endedBy === "timeout_total" && leftSeconds <= command.seconds;
  if (outOfTime || ENDS_BUILD.includes(endedBy))
    return { run: { ...run, endedBy }, lintian, lintianEndedBy: null };
  if (endedBy !== null) appendLine(workDir, limitSentence("lintian", endedBy));
  return { run, lintian, lintianEndedBy: endedBy };
}

/** As sbuild begins a part of its log. */
function heading(title: string): string {
  const rule = `+${"-".repeat(78)}+`;
  return `\n${rule}\n| ${title.padEnd(76)} |\n${rule}\n`;
}

/** Why the build is not even begun, if so. */
async function refusal(workDir: string, task: RunnerTask, orders: Orders): Promise<EndedBy | null> {
  if (isCancelled(workDir)) return "cancel";
  if (orders.terminated()) return "terminated";
  const { diskFreeBytes } = task.limits;
  const { share, scarce } = await roomIn(dirname(workDir), diskFreeBytes);
  if (share >= 1) return null;
  const what = scarce === "bytes" ? `${diskFreeBytes} bytes` : "one file in fifty of the file system";
  appendLine(workDir, `mini-buildd: ${what} must be free; there is ${Math.floor(share * 100)} % of that`);
  return "disk_start";
}

function highest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
