import { enqueueBuild } from "#builds";
import type { Database, Flag } from "#db";
import { buildsFor, type Dsc, type UploadOption } from "#deb";
import type { Events } from "#events";
import type { JobKind, JobQueue } from "#jobs";
import { type BlobStore, type Clock, errorText, isoNow } from "#platform";
import { type ResolvedDistribution, resolveDistribution } from "#repositories";
import { buildProfilesFor } from "./build-profiles.ts";
import { type Completion, eventOf } from "./completion.ts";
import { dscOf } from "./packaged-source.ts";
import { buildsOf, findPackaging, movePackaging, type Packaging } from "./packaging-store.ts";
import { subjectId } from "./verify.ts";

export interface PrepareDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly events: Events;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly completion: Completion;
}

/** One build of a packaging before it has a row. */
export interface PlannedBuild {
  readonly arch: string;
  readonly build_any: Flag;
  readonly build_all: Flag;
  readonly optional: Flag;
  readonly state: "QUEUED" | "SKIPPED";
}

/** Which builds a source needs in a distribution (pipeline.md 6.1), with the build profiles that each has. */
export function planBuilds(
  dsc: Dsc,
  target: Pick<ResolvedDistribution, "archs" | "distribution">,
  options: readonly UploadOption[],
): PlannedBuild[] {
  return target.archs.map(({ arch, arch_all, optional }) => {
    const profiles = buildProfilesFor(options, arch, target.distribution);
    const scope = buildsFor(dsc, arch, arch_all === 1, profiles);
    const state = scope.any || scope.all ? "QUEUED" : "SKIPPED";
    return { arch, build_any: scope.any ? 1 : 0, build_all: scope.all ? 1 : 0, optional, state };
  });
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
        const takenOver = (await buildsOf(tx, packaging.id)).map((build) => build.arch);
        for (const plan of planned) {
          if (takenOver.includes(plan.arch)) continue; // a retry keeps what was built
          const { id } = await tx
            .insertInto("build")
            .values(buildRow(packaging, plan, isoNow(deps.clock)))
            .returning("id")
            .executeTakeFirstOrThrow();
          if (plan.state === "QUEUED") await enqueueBuild(tx, deps.queue, id);
        }
        const builds = await buildsOf(tx, packaging.id);
        const archs = builds.filter((build) => build.state === "QUEUED").map((build) => build.arch);
        const warning = packaging.message === null ? "" : `. ${packaging.message.replace(/\.$/, "")}`;
        const message = `building for ${archs.join(", ")}${warning}`;
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

function buildRow(packaging: Packaging, plan: PlannedBuild, now: string) {
  return {
    ...plan,
    packaging_id: packaging.id,
    bkey: `${packaging.bkey} ${plan.arch}`,
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
    ended_at: plan.state === "SKIPPED" ? now : null,
  };
}
