import { enqueueBuild } from "#builds";
import type { Database, Tx } from "#db";
import type { UploadOption } from "#deb";
import type { Events } from "#events";
import type { JobKind, JobQueue } from "#jobs";
import { type BlobStore, type Clock, errorText, isoNow } from "#platform";
import { resolveDistribution } from "#repositories";
import { type Completion, eventOf } from "./completion.ts";
import { dscOf } from "./packaged-source.ts";
import { type Build, buildsOf, findPackaging, movePackaging, type Packaging } from "./packaging-store.ts";
import { type PlannedBuild, planBuilds } from "./plan-builds.ts";
import { buildsToKeep } from "./taken-over.ts";
import { subjectId } from "./verify.ts";

export interface PrepareDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly events: Events;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly completion: Completion;
}

/** Job `prepare` of `packaging:<id>`: QUEUED → BUILDING, one build row for each architecture. Repeatable. */
export function createPrepareJob(deps: PrepareDeps): JobKind {
  return {
    leaseSeconds: 120,
    heartbeatSeconds: 30,
    concurrency: 2,
    maxAttempts: 5,
    backoffSeconds: (attempt) => 2 ** attempt,
    async handle(context) {
      const packaging = await findPackaging(deps.db.read, subjectId(context.job.subject));
      if (packaging?.state !== "QUEUED") return;
      const target = await resolveDistribution(deps.db.read, packaging.distribution);
      const options = JSON.parse(packaging.options) as UploadOption[];
      const planned = planBuilds(await dscOf(deps, packaging), target, options);
      await deps.db.write(async (tx) => {
        await context.fenced(tx);
        if (!(await movePackaging(tx, packaging.id, "P2", { message: null }))) return;
        const takenOver = (await keepTakenOver(tx, packaging, planned)).map((build) => build.arch);
        for (const plan of planned) {
          if (takenOver.includes(plan.row.arch)) continue; // a retry keeps what was built
          const { id } = await tx
            .insertInto("build")
            .values(buildRow(packaging, plan, isoNow(deps.clock)))
            .returning("id")
            .executeTakeFirstOrThrow();
          if (plan.row.state === "QUEUED") await enqueueBuild(tx, deps.queue, id);
        }
        const builds = await buildsOf(tx, packaging.id);
        const warning = packaging.message === null ? "" : `. ${packaging.message.replace(/\.$/, "")}`;
        const message = `${messageOf(packaging, builds)}${warning}`;
        await deps.events.record(tx, eventOf("PACKAGING", packaging, builds, message));
        await deps.completion.evaluate(tx, packaging.id);
      });
    },
    async dead(job, error) {
      await deps.db.write(async (tx) => {
        const packaging = await findPackaging(tx, subjectId(job.subject));
        if (packaging !== undefined)
          await deps.completion.fail(tx, packaging, "internal_error", errorText(error));
      });
    },
  };
}

/** Of what a retry took over, what fits the plan still; the rest goes, as if it had not been taken. */
async function keepTakenOver(tx: Tx, packaging: Packaging, planned: readonly PlannedBuild[]) {
  const builds = await buildsOf(tx, packaging.id);
  const kept = buildsToKeep(builds, planned);
  for (const { id } of builds) {
    if (kept.some((build) => build.id === id)) continue;
    await tx.deleteFrom("build").where("id", "=", id).execute();
  }
  return kept;
}

function messageOf({ retry_of }: Packaging, builds: readonly Build[]): string {
  const archsIn = (state: string) =>
    builds
      .filter((build) => build.state === state)
      .map((build) => build.arch)
      .join(", ");
  const [queued, built] = [archsIn("QUEUED"), archsIn("BUILT")];
  const taken = built === "" ? "" : `what was built for ${built} is taken over from ${retry_of}`;
  const building = queued === "" ? "" : `building for ${queued}`;
  return [building, taken].filter((part) => part !== "").join("; ") || "there is nothing to build";
}

function buildRow(packaging: Packaging, plan: PlannedBuild, now: string) {
  return {
    ...plan.row,
    packaging_id: packaging.id,
    source: packaging.source,
    distribution: packaging.distribution,
    bkey: `${packaging.bkey} ${plan.row.arch}`,
    codename: packaging.codename,
    reason: null,
    message: null,
    attempt: 0,
    fence: 0,
    cancel_requested: 0 as const,
    worker: null,
    runner: null,
    result: null,
    queued_at: now,
    started_at: null,
    ended_at: plan.row.state === "SKIPPED" ? now : null,
  };
}
