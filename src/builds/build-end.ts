import { join } from "node:path";
import type { Tx } from "#db";
import { type JobContext, RetryLater, wallTime } from "#jobs";
import { errorText, isoNow } from "#platform";
import { recordBuildEvent } from "./build-events.ts";
import type { BuildResult } from "./build-result.ts";
import type { TransitionName } from "./build-states.ts";
import { type BuildRow, findBuild, moveBuild, uncountAttempt } from "./build-store.ts";
import { type Coming, waitText } from "./dep-wait.ts";
import { keepLogs, keepResult, storeFiles } from "./keep-results.ts";
import { workDirOf } from "./kept-files.ts";
import { qaLines } from "./qa-verdict.ts";
import { killGroupsOf } from "./runner/cgroup.ts";
import { cleanLeftovers } from "./runner/leftovers.ts";
import { readTask, removeWorkDir } from "./work-dir.ts";
import { type BuildWorkerDeps, MAX_ATTEMPTS, pauseAfter } from "./worker-deps.ts";

/** What becomes of a build row after an attempt. */
interface Outcome {
  readonly move: TransitionName;
  readonly result: BuildResult;
  /** Tried again after so long; null: not by itself. */
  readonly againSeconds: number | null;
  /** The attempt is taken back: nobody's failure. */
  readonly uncounted: boolean;
  readonly waitsFor: readonly Coming[];
}

/** How often a waiting build looks whether what it waits for is still on its way. */
export const DEP_WAIT_LOOK_SECONDS = 60;

/** Stores log and results of an attempt (state UPLOADING), then ends it in one transaction (B6 to B16). */
export async function endAttempt(
  deps: BuildWorkerDeps,
  context: JobContext,
  row: BuildRow,
  result: BuildResult,
): Promise<void> {
  const { home, blobs, exec } = deps;
  const workDir = workDirOf(home, row.id);
  const outcome = await decide(deps, row, result);
  const final = outcome.againSeconds === null;
  if (final) await storeFiles(blobs, join(workDir, "out"), outcome.result.files);
  await keepLogs(exec, home, row, final ? "final" : "attempt");
  if (final) await keepResult(home, blobs, row.bkey, outcome.result);
  const ended = await deps.db.write(async (tx) => {
    await context.fenced(tx);
    return await write(deps, tx, row, outcome);
  });
  await removeWorkDir(workDir);
  deps.log.info({ build: row.id, state: ended.state, reason: ended.reason }, "build attempt ended");
  if (ended.state === "DEP_WAIT") {
    // What was installed since it was looked up found nobody waiting.
    const comes = await deps.onItsWay(ended, outcome.result.missing);
    const seconds = comes.length < outcome.waitsFor.length ? 0 : DEP_WAIT_LOOK_SECONDS;
    throw new RetryLater(seconds, ended.message ?? outcome.result.message);
  }
  if (ended.state === "QUEUED") throw new RetryLater(outcome.againSeconds ?? 0, outcome.result.message);
}

async function decide(deps: BuildWorkerDeps, row: BuildRow, result: BuildResult): Promise<Outcome> {
  const plain = { result, againSeconds: null, uncounted: false, waitsFor: [] };
  switch (result.class) {
    case "built":
      return { ...plain, move: "B6" };
    case "skipped":
      return { ...plain, move: "B13" };
    case "failed":
      return { ...plain, move: "B7" };
    case "cancelled":
      return { ...plain, move: "B16w" };
    case "interrupted":
      return { ...plain, move: "B8", againSeconds: 0, uncounted: true };
    case "builder":
      return row.attempt >= MAX_ATTEMPTS
        ? { ...plain, move: "B9" }
        : { ...plain, move: "B8", againSeconds: pauseAfter(row.attempt) };
    case "dep_wait":
      return await decideDepWait(deps, row, result);
  }
}

/** B10: wait while something that is missing is on its way, not longer than allowed; otherwise FAILED at once. */
async function decideDepWait(deps: BuildWorkerDeps, row: BuildRow, result: BuildResult): Promise<Outcome> {
  const since = depWaitSince(row) ?? isoNow(deps.clock);
  const waitsFor = (await waitIsOver(deps, since)) ? [] : await deps.onItsWay(row, result.missing);
  const kept = { ...result, depWaitSince: since };
  if (waitsFor.length === 0) {
    return { move: "B7", result: kept, againSeconds: null, uncounted: false, waitsFor };
  }
  return { move: "B10", result: kept, againSeconds: DEP_WAIT_LOOK_SECONDS, uncounted: true, waitsFor };
}

export function depWaitSince(row: Pick<BuildRow, "result">): string | null {
  return row.result === null ? null : (JSON.parse(row.result) as BuildResult).depWaitSince;
}

export async function waitIsOver(deps: BuildWorkerDeps, since: string): Promise<boolean> {
  const { db, clock, workTime = wallTime(clock), depWaitSeconds = 6 * 3600 } = deps;
  return (await workTime.left(db.read, since, depWaitSeconds)) <= 0;
}

async function write(deps: BuildWorkerDeps, tx: Tx, row: BuildRow, outcome: Outcome): Promise<BuildRow> {
  const now = isoNow(deps.clock);
  const present = await findBuild(tx, row.id);
  // Cancelled while the results were being stored: they do not count any more.
  const move = present?.cancel_requested === 1 ? "B16w" : outcome.move;
  const { result } = outcome;
  const again = move === "B8" || move === "B10";
  const ended = await moveBuild(tx, row, move, {
    result: JSON.stringify(result),
    reason: move === "B7" || move === "B9" || move === "B10" ? result.reason : null,
    message: move === "B16w" ? "cancelled" : move === "B10" ? waitText(outcome.waitsFor) : result.message,
    runner: null,
    ...(again ? { queued_at: now } : { ended_at: now }),
  });
  if (again && outcome.uncounted) await uncountAttempt(tx, row.id);
  await tell(deps, tx, row, ended, outcome);
  await deps.changed(tx, row.id);
  return ended;
}

async function tell(
  deps: BuildWorkerDeps,
  tx: Tx,
  before: BuildRow,
  ended: BuildRow,
  outcome: Outcome,
): Promise<void> {
  const { result } = outcome;
  if (ended.state === "DEP_WAIT" && depWaitSince(before) === null) {
    const data = { missing: result.missing.join(", "), waitsFor: outcome.waitsFor };
    const message = waitText(outcome.waitsFor);
    await recordBuildEvent(deps.events, tx, ended, { type: "DEP_WAIT", message, data });
  }
  if (ended.state === "BUILT" || ended.state === "SKIPPED" || ended.state === "FAILED") {
    await recordBuilt(deps, tx, ended, result);
  }
}

/** Event BUILT: one architecture has ended. */
export async function recordBuilt(
  deps: BuildWorkerDeps,
  tx: Tx,
  ended: BuildRow,
  result: BuildResult | undefined,
): Promise<void> {
  const qa = Object.entries(result?.qa ?? {}).map(([tool, report]) => [tool, report.result]);
  await recordBuildEvent(deps.events, tx, ended, {
    type: "BUILT",
    message: ended.message ?? ended.state.toLowerCase(),
    data: {
      state: ended.state,
      reason: ended.reason,
      attempt: ended.attempt,
      seconds: Math.round((result?.times.totalMs ?? 0) / 1000),
      qa: Object.fromEntries(qa),
      ...(result === undefined ? {} : { qaLines: qaLines(result.qa) }),
    },
  });
}

/** An attempt of which nothing came back: a failure of the builder, B14, at the limit B9. */
export async function loseAttempt(
  deps: BuildWorkerDeps,
  context: JobContext,
  row: BuildRow,
  message: string,
): Promise<void> {
  const workDir = workDirOf(deps.home, row.id);
  // What has left its chroot is found in its groups only.
  killGroupsOf(workDir, (await readTask(workDir))?.cgroups ?? {});
  // The log is kept when nothing writes to it any more.
  await cleanLeftovers(workDir);
  const last = row.attempt >= MAX_ATTEMPTS;
  const { cancel_requested } = (await findBuild(deps.db.read, row.id)) ?? row;
  const isFinal = last || cancel_requested === 1;
  // A log that resists keeps no build from its end.
  await keepLogs(deps.exec, deps.home, row, isFinal ? "final" : "attempt").catch((error: unknown) =>
    deps.log.error({ build: row.id, reason: errorText(error) }, "the log of a build could not be kept"),
  );
  const ended = await deps.db.write(async (tx) => {
    await context.fenced(tx);
    return await writeLost(deps, tx, row, { message, last });
  });
  await removeWorkDir(workDir);
  deps.log.warn({ build: row.id, attempt: row.attempt, reason: message }, "build attempt lost");
  if (ended.state === "QUEUED") throw new RetryLater(pauseAfter(row.attempt), message);
}

function whenAgain(attempt: number): string {
  const minutes = Math.ceil(pauseAfter(attempt) / 60);
  return `it is tried again in ${minutes === 1 ? "a minute" : `${minutes} minutes`}`;
}

async function writeLost(
  deps: BuildWorkerDeps,
  tx: Tx,
  row: BuildRow,
  how: { message: string; last: boolean },
): Promise<BuildRow> {
  const now = isoNow(deps.clock);
  const cancelled = (await findBuild(tx, row.id))?.cancel_requested === 1;
  const move: TransitionName = cancelled ? "B16w" : how.last ? "B9" : "B14";
  const ended = await moveBuild(tx, row, move, {
    reason: move === "B9" ? "builder" : null,
    message: cancelled ? "cancelled" : how.last ? how.message : `${how.message}; ${whenAgain(row.attempt)}`,
    runner: null,
    ...(move === "B14" ? { queued_at: now } : { ended_at: now }),
  });
  if (move === "B9") await recordBuilt(deps, tx, ended, undefined);
  await deps.changed(tx, row.id);
  return ended;
}
