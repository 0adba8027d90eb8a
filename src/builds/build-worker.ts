import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Tx } from "#db";
import type { Job, JobContext, JobKind, JobQueue } from "#jobs";
import { LeaseLost, RetryLater } from "#jobs";
import { errorText, exists, isoNow } from "#platform";
import { beginAttempt, takeUpAttempt } from "./build-attempt.ts";
import { DEP_WAIT_LOOK_SECONDS, depWaitSince, recordBuilt, waitIsOver } from "./build-end.ts";
import type { BuildResult } from "./build-result.ts";
import { isEnd, isWorking } from "./build-states.ts";
import {
  BuildGone,
  type BuildRow,
  findBuild,
  heldBuilds,
  moveBuild,
  noteWait,
  openBuilds,
  priorityOfBuild,
  requestCancel,
} from "./build-store.ts";
import { findCgroupPlaces } from "./cgroup-places.ts";
import { missingOf, waitText } from "./dep-wait.ts";
import { keepLogs } from "./keep-results.ts";
import { workDirOf } from "./kept-files.ts";
import { cleanLeftovers } from "./runner/leftovers.ts";
import { removeWorkDir } from "./work-dir.ts";
import type { BuildWorkerDeps } from "./worker-deps.ts";

export interface BuildWorker {
  /** Job `build`, subject `build:<id>`. */
  readonly kind: JobKind;
  /** Once at start, before jobs run: removes work directories of builds that nobody works on, queues what is open. */
  recover(queue: JobQueue): Promise<void>;
}

export const BUILD_JOB = "build";

export function buildSubject(buildId: number): string {
  return `build:${buildId}`;
}

/** Asks for one build to be made, in the priority of its packaging; one that waits for dependencies looks again. */
export async function enqueueBuild(tx: Tx, queue: JobQueue, buildId: number): Promise<void> {
  const priority = await priorityOfBuild(tx, buildId);
  await queue.enqueue(tx, { kind: BUILD_JOB, subject: buildSubject(buildId), priority });
}

/** What builds of an architecture were held back for is there: they begin now, and not when they look again. */
export async function wakeHeldBuilds(
  tx: Tx,
  queue: JobQueue,
  { codename, arch }: Pick<BuildRow, "codename" | "arch">,
): Promise<void> {
  for (const id of await heldBuilds(tx, codename, arch)) await enqueueBuild(tx, queue, id);
}

/** Cancels a build (B16): `cancelled` at once, `requested` of its worker, or it had `ended` before. */
export async function cancelBuild(
  tx: Tx,
  buildId: number,
  now: string,
  why = "cancelled",
): Promise<"cancelled" | "requested" | "ended"> {
  return await requestCancel(tx, buildId, now, why);
}

export function createBuildWorker(given: BuildWorkerDeps): BuildWorker {
  const slots = given.slots ?? availableParallelism();
  const deps = { cgroups: findCgroupPlaces(), ...given, slots };
  return {
    kind: {
      leaseSeconds: 90,
      heartbeatSeconds: 20,
      concurrency: slots,
      // Hours, as what a long build made must outlast a full disk.
      maxAttempts: 30,
      ownAttempts: true,
      backoffSeconds: (attempt) => Math.min(60 * attempt, 600),
      handle: (context) => handle(deps, context),
      dead: (job, error) => giveUp(deps, job, error),
    },
    recover: (queue) => recover(deps, queue),
  };
}

async function handle(deps: BuildWorkerDeps, context: JobContext): Promise<void> {
  const row = await findBuild(deps.db.read, subjectId(context.job));
  if (row === undefined || isEnd(row.state)) return;
  try {
    if (isWorking(row.state)) return await takeUpAttempt(deps, context, row);
    const queued = row.state === "DEP_WAIT" ? await awake(deps, context, row) : row;
    if (queued === undefined) throw new RetryLater(DEP_WAIT_LOOK_SECONDS, row.message ?? "waits");
    await beginAttempt(deps, context, queued);
  } catch (error) {
    // Cancelled or taken over in between: whoever did that has written the state.
    if (!(error instanceof BuildGone)) throw error;
    deps.log.info({ build: row.id, reason: error.message }, "build worker stops");
  }
}

/**
 * B11 or B12 of a waiting build; undefined as long as it has to wait. What it waits for may have come, or gone, since it
 * was looked for last: then it is tried, however long that was.
 */
async function awake(
  deps: BuildWorkerDeps,
  context: JobContext,
  row: BuildRow,
): Promise<BuildRow | undefined> {
  const now = isoNow(deps.clock);
  const result = row.result === null ? undefined : (JSON.parse(row.result) as BuildResult);
  const missing = missingOf(row);
  const coming = await deps.onItsWay(row, missing);
  if (coming.length > 0 && (await waitIsOver(deps, depWaitSince(row) ?? now))) {
    await deps.db.write(async (tx) => {
      await context.fenced(tx);
      const message = `waited long enough for build dependencies: ${missing.join(", ")}`;
      const ended = await moveBuild(tx, row, "B12", { reason: "dep_wait", message, ended_at: now });
      await recordBuilt(deps, tx, ended, result);
      await deps.changed(tx, row.id);
    });
    throw new BuildGone(row.id, "B12");
  }
  return await deps.db.write(async (tx) => {
    await context.fenced(tx);
    if (coming.length === 0)
      return await moveBuild(tx, row, "B11", { queued_at: now, reason: null, message: null });
    if (waitText(coming) !== row.message) await noteWait(tx, row.id, waitText(coming));
    return undefined;
  });
}

/** The job failed again and again for reasons of our own. */
async function giveUp(deps: BuildWorkerDeps, job: Job, error: unknown): Promise<void> {
  if (error instanceof LeaseLost) return;
  const row = await findBuild(deps.db.read, subjectId(job));
  if (row === undefined || isEnd(row.state)) return;
  const workDir = workDirOf(deps.home, row.id);
  // The log is kept when nothing writes to it any more; what cannot be kept must not stop the end.
  await cleanLeftovers(workDir)
    .then(() => keepLogs(deps.exec, deps.home, row, "final"))
    .catch((reason: unknown) =>
      deps.log.error({ build: row.id, reason: errorText(reason) }, "the log of a build could not be kept"),
    );
  await removeIfPossible(deps, workDir);
  await deps.db.write(async (tx) => {
    const move = isWorking(row.state) ? "B9" : row.state === "DEP_WAIT" ? "B12" : "B15";
    const change = {
      reason: "builder",
      message: errorText(error),
      ended_at: isoNow(deps.clock),
      runner: null,
    };
    const ended = await moveBuild(tx, row, move, change);
    await recordBuilt(deps, tx, ended, undefined);
    await deps.changed(tx, row.id);
  });
}

async function recover(deps: BuildWorkerDeps, queue: JobQueue): Promise<void> {
  const open = await openBuilds(deps.db.read);
  const working = new Set(open.filter((row) => isWorking(row.state)).map((row) => String(row.id)));
  if (await exists(deps.home.work)) {
    for (const name of await readdir(deps.home.work)) {
      if (/^[0-9]+$/.test(name) && !working.has(name))
        await removeIfPossible(deps, join(deps.home.work, name));
    }
  }
  await deps.db.write(async (tx) => {
    for (const row of open) {
      const job = await tx
        .selectFrom("job")
        .select("id")
        .where("kind", "=", BUILD_JOB)
        .where("subject", "=", buildSubject(row.id))
        .where("state", "in", ["queued", "leased"])
        .executeTakeFirst();
      if (job === undefined) await enqueueBuild(tx, queue, row.id);
    }
  });
}

/** One directory that resists keeps neither the daemon from starting nor a build from its end. */
async function removeIfPossible(deps: BuildWorkerDeps, workDir: string): Promise<void> {
  try {
    await removeWorkDir(workDir);
  } catch (error) {
    deps.log.error({ workDir, reason: errorText(error) }, "work directory cannot be removed");
  }
}

function subjectId(job: Job): number {
  const id = Number(/^build:([1-9][0-9]{0,14})$/.exec(job.subject)?.[1]);
  if (!Number.isSafeInteger(id)) throw new Error(`not the subject of a build: ${job.subject}`);
  return id;
}
