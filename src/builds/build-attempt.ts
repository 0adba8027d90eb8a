import { join } from "node:path";
import { type JobContext, RetryLater, wallTime } from "#jobs";
import { errorText, isAlive, isoNow, processIdentity } from "#platform";
import { BuildDescription } from "./build-description.ts";
import { depWaitSince, endAttempt, loseAttempt, recordBuilt } from "./build-end.ts";
import { recordBuildEvent } from "./build-events.ts";
import { readRequest } from "./build-request.ts";
import { type BuildRow, findBuild, leaseBuild, moveBuild, noteWait, setRunner } from "./build-store.ts";
import { evaluateBuild } from "./evaluate.ts";
import { failedArchives } from "./failed-archives.ts";
import { workDirOf } from "./kept-files.ts";
import { giveLimits } from "./limits-now.ts";
import { scanLog } from "./log-summary.ts";
import { type RunnerClaim, type RunnerResult, type RunnerTask, WORK_FILES } from "./runner/task.ts";
import {
  awaitRunner,
  cancelRunner,
  interruptRunner,
  readClaim,
  readRunnerResult,
  seize,
  startRunner,
} from "./runner-process.ts";
import { prepareSecondRun, prepareWorkDir, readTask, removeWorkDir } from "./work-dir.ts";
import type { BuildWorkerDeps } from "./worker-deps.ts";

/** A build that is held looks again so often, and gives up after so long without anybody who can make it (B15). */
const HELD_LOOK_SECONDS = 60;
const NO_BUILDER_SECONDS = 24 * 3600;

/** A QUEUED build: lease, work directory, runner; then as `follow`. */
export async function beginAttempt(
  deps: BuildWorkerDeps,
  context: JobContext,
  queued: BuildRow,
): Promise<void> {
  const chroot = await findBuilder(deps, context, queued);
  if (chroot === undefined) return;
  const described = await readRequest(() => deps.describe(queued.id));
  if ("fault" in described) return await holdBack(deps, context, queued, described.fault);
  const { request } = described;
  context.signal.throwIfAborted();
  if ((deps.engine?.() ?? "running") !== "running") throw new RetryLater(0, "the engine is stopped");
  const workDir = workDirOf(deps.home, queued.id);
  await removeWorkDir(workDir);
  const { row, limits } = await deps.db.write(async (tx) => {
    await context.fenced(tx);
    const leased = await leaseBuild(tx, queued.id, deps.worker, isoNow(deps.clock));
    return { row: leased, limits: await giveLimits(tx, deps, leased.id, request.limits) };
  });
  let started: { task: RunnerTask; claim: RunnerClaim };
  try {
    const task = await prepareWorkDir(
      {
        workDir,
        description: {
          ...request,
          attempt: row.attempt,
          fence: row.fence,
          limits,
        },
        chroot,
        hostArch: deps.hostArch,
        cgroups: deps.cgroups ?? {},
        leasedAt: row.started_at ?? isoNow(deps.clock),
        cacheDir: deps.home.cache,
      },
      deps,
    );
    started = { task, claim: await startRunner(deps.runnerPath, workDir, task) };
  } catch (error) {
    deps.log.error({ build: row.id, err: error }, "build could not be started");
    await loseAttempt(deps, context, row, errorText(error));
    return;
  }
  await follow(deps, context, row, started.task, started.claim);
}

/** A build that an earlier process or handler left LEASED, BUILDING or UPLOADING (pipeline.md 4, Restart). */
export async function takeUpAttempt(
  deps: BuildWorkerDeps,
  context: JobContext,
  row: BuildRow,
): Promise<void> {
  const workDir = workDirOf(deps.home, row.id);
  const task = await readTask(workDir);
  if (task === undefined || task.attempt !== row.attempt || task.fence !== row.fence) {
    await loseAttempt(deps, context, row, "mini-buildd or its machine ended before this build began");
    return;
  }
  const claim = (await readClaim(workDir, task)) ?? (await seize(workDir, task));
  // Our own claim: an earlier handler of this process seized it, so there is no runner.
  const runner = claim !== undefined && claim.pid !== process.pid && isAlive(claim) ? claim : undefined;
  // Looked for behind that: a runner that ended in between has left it.
  const result = await readRunnerResult(workDir, task);
  if (result !== undefined) {
    await concludeRun(deps, context, row, task, result);
    return;
  }
  if (runner === undefined) {
    // In an orderly shutdown the runner leaves a result that says so. Without one the build may be what brought the
    // machine down, so it counts, or it would do that for ever.
    const wentDown = claim !== undefined && isOfEarlierBoot(claim);
    const why = wentDown ? "the machine went down while it was built" : "the runner of the build is gone";
    await loseAttempt(deps, context, row, why);
    return;
  }
  deps.log.info({ build: row.id, attempt: row.attempt, runner: runner.pid }, "build taken up again");
  await follow(deps, context, row, task, runner);
}

/** Process start times begin with the boot id (processIdentity). */
function isOfEarlierBoot(claim: RunnerClaim): boolean {
  const bootOf = (started: string): string | undefined => started.split("/")[0];
  return bootOf(claim.started) !== bootOf(processIdentity(process.pid)?.started ?? "");
}

/** B4, waiting with an eye on cancel requests and the engine, and what comes after. */
async function follow(
  deps: BuildWorkerDeps,
  context: JobContext,
  row: BuildRow,
  task: RunnerTask,
  claim: RunnerClaim,
): Promise<void> {
  await writeBuilding(deps, context, row, claim);
  const workDir = workDirOf(deps.home, row.id);
  let told = false;
  const result = await awaitRunner(workDir, claim, {
    signal: context.signal,
    async look() {
      if (told) return;
      const present = await findBuild(deps.db.read, row.id);
      if (present?.cancel_requested === 1) {
        told = true;
        await cancelRunner(workDir);
      } else if (deps.engine?.() === "stopped") {
        told = true;
        interruptRunner(claim);
      }
    },
  });
  if (result === undefined) {
    await loseAttempt(deps, context, row, "the runner of the build is gone");
    return;
  }
  await concludeRun(deps, context, row, task, result);
}

async function writeBuilding(
  deps: BuildWorkerDeps,
  context: JobContext,
  row: BuildRow,
  claim: RunnerClaim,
): Promise<void> {
  const runner = JSON.stringify({ pid: claim.pid, started: claim.started });
  await deps.db.write(async (tx) => {
    await context.fenced(tx);
    const present = await findBuild(tx, row.id);
    if (present?.state !== "LEASED") {
      await setRunner(tx, row, runner);
      return;
    }
    const building = await moveBuild(tx, row, "B4", { runner });
    await recordBuildEvent(deps.events, tx, building, {
      type: "BUILDING",
      message: `building on ${building.arch}`,
      data: { attempt: building.attempt, worker: deps.worker },
    });
    await deps.changed(tx, row.id);
  });
}

/** The runner has ended: perhaps a second run with another resolver, else B5 and the end of the attempt. */
async function concludeRun(
  deps: BuildWorkerDeps,
  context: JobContext,
  row: BuildRow,
  task: RunnerTask,
  raw: RunnerResult,
): Promise<void> {
  const workDir = workDirOf(deps.home, row.id);
  if (await wantsAptitude(deps, row, task, raw)) {
    const second = await prepareSecondRun(workDir, task, "aptitude");
    const claim = await startRunner(deps.runnerPath, workDir, second);
    await follow(deps, context, row, second, claim);
    return;
  }
  const uploading = await deps.db.write(async (tx) => {
    await context.fenced(tx);
    return await moveBuild(tx, row, "B5");
  });
  const result = await evaluateBuild({
    workDir,
    task,
    raw,
    cancelRequested: uploading.cancel_requested === 1,
    depWaitSince: depWaitSince(uploading),
    clock: deps.clock,
    ownerOf: async (name) => await deps.ownerOf?.(uploading, name),
  });
  const unfetched = await failedArchives(workDir, task, raw, result);
  for (const address of unfetched.files) await deps.fileFailed?.(address);
  for (const uri of unfetched.archives) await deps.archiveFailed?.(uri);
  await endAttempt(deps, context, uploading, result);
}

/**
 * apt looks only at the best candidate of a package, so with own suites of low priority it misses what they hold: with
 * resolver `auto` the build runs again with aptitude, in the same attempt (builds.md 4).
 */
async function wantsAptitude(
  deps: BuildWorkerDeps,
  row: BuildRow,
  task: RunnerTask,
  raw: RunnerResult,
): Promise<boolean> {
  if (deps.inOwnSuites === undefined || task.resolver !== "apt" || raw.endedBy !== null) return false;
  const { tool } = BuildDescription.parse(task.description);
  if (tool.resolver !== "auto") return false;
  const facts = await scanLog(join(workDirOf(deps.home, row.id), WORK_FILES.log), raw);
  if (facts.failStage !== "install-deps" || facts.fetchFailed || facts.missing.length === 0) return false;
  return await deps.inOwnSuites(row, facts.missing);
}

/** The chroot; while there is none, or a source is in error, the build stays QUEUED (B15: undefined). */
async function findBuilder(deps: BuildWorkerDeps, context: JobContext, row: BuildRow) {
  const held = await deps.hold?.(row);
  if (held !== undefined) return await holdForSource(deps, context, row, held);
  let chroot: Awaited<ReturnType<BuildWorkerDeps["chroot"]>>;
  try {
    chroot = await deps.chroot(row.codename, row.arch);
  } catch (error) {
    context.signal.throwIfAborted();
    return await holdBack(deps, context, row, errorText(error));
  }
  return "wait" in chroot ? await holdBack(deps, context, row, chroot.wait) : chroot;
}

/** A source of this build cannot be used: it looks again in a while, as long as that takes (builds.md 2.1). */
async function holdForSource(
  deps: BuildWorkerDeps,
  context: JobContext,
  row: BuildRow,
  why: string,
): Promise<never> {
  await deps.db.write(async (tx) => {
    await context.fenced(tx);
    await noteWait(tx, row.id, why, { since: isoNow(deps.clock), noBuilder: false });
  });
  throw new RetryLater(HELD_LOOK_SECONDS, why);
}

/** Nobody can make this build: it looks again in a while, and after a day of that it is FAILED `no_builder` (B15). */
async function holdBack(
  deps: BuildWorkerDeps,
  context: JobContext,
  row: BuildRow,
  why: string,
): Promise<undefined> {
  const now = isoNow(deps.clock);
  const { workTime = wallTime(deps.clock) } = deps;
  const leftMs = await workTime.left(deps.db.read, row.no_builder_since ?? now, NO_BUILDER_SECONDS);
  await deps.db.write(async (tx) => {
    await context.fenced(tx);
    if (leftMs > 0) return await noteWait(tx, row.id, why, { since: now, noBuilder: true });
    const message = `nobody could build for ${row.codename} ${row.arch} for a day: ${why}`;
    const ended = await moveBuild(tx, row, "B15", { reason: "no_builder", message, ended_at: now });
    await recordBuilt(deps, tx, ended, undefined);
    await deps.changed(tx, row.id);
  });
  if (leftMs > 0) throw new RetryLater(HELD_LOOK_SECONDS, why);
  return undefined;
}
