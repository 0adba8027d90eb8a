import { userInfo } from "node:os";
import { createArchive, publishJob } from "#archive";
import { createBuildWorker, tarballsInUse, wakeHeldBuilds } from "#builds";
import { createChrootService } from "#chroots";
import type { ServeOptions } from "#cli";
import { createIncoming } from "#incoming";
import { CRON_JOB, createCron, createWorkTime, type JobKind } from "#jobs";
import { MAIL_JOB } from "#mail";
import { createHookJob, HOOK_JOB } from "#notify";
import {
  createBuildHooks,
  createCompletion,
  createEngineSwitch,
  createInstallJob,
  createMigrateJob,
  createOptionalWaitJob,
  createPortEnds,
  createPortJob,
  createPrepareJob,
  createRetention,
  createSourceTool,
  createVerifyJob,
  describeBuild,
  OPTIONAL_WAIT_JOB,
  sourceLimits,
  sweepPorts,
} from "#packaging";
import { createMirrors, createRepositoryService } from "#repositories";
import { createSetup } from "#setup";
import { archiveUrls, createFetch, createSourceService } from "#sources";
import { regularWork } from "./daily.ts";
import type { Foundation } from "./foundation.ts";
import { createSettingsAdmin } from "./settings-admin.ts";

export interface EngineOptions {
  readonly nativeArch: string;
  /** The built program of the runner. */
  readonly runnerFile: string;
  /** Address of this instance as others see it, without a slash at its end. */
  readonly url: string;
  /** Builds at once. */
  readonly slots: number;
  /** Limits of builds and of waiting, where they are not the defaults. */
  readonly buildLimits?: ServeOptions["buildLimits"];
  /** Whether the engine waits for a `start`. */
  readonly stopped?: boolean | undefined;
  /** Takes an address out of the caching proxy. */
  forgetFile(address: string): Promise<void>;
  /** Ports on loopback where builds reach the own repositories and the caching proxy. */
  ports(): { readonly http: number; readonly proxy: number };
}

export type Engine = ReturnType<typeof createEngine>;

/** Everything between an upload and the archive, and the jobs that do it. */
export function createEngine(foundation: Foundation, options: EngineOptions) {
  const { db, home, blobs, clock, log, events, queue, signer, verifier, exec, identity, hostname } =
    foundation;
  const common = { db, home, blobs, clock, log, events, queue, exec, verifier };
  const archive = createArchive({ ...common, signer, url: options.url });
  const sources = createSourceService({ ...common, jobs: queue, fetch: createFetch() });
  const ensureDistribution = archive.ensureDistribution;
  const repositories = createRepositoryService({ db, clock, identity, hostname, ensureDistribution });
  const settings = createSettingsAdmin({ db, clock, audit: foundation.accounts.audit, ensureDistribution });
  const incoming = createIncoming({
    ...common,
    jobs: queue,
    dir: home.incoming,
    storeDir: home.store,
    isRunning: () => engineSwitch.isRunning(),
  });
  const portEnds = createPortEnds({ events, queue });
  const { depWaitSeconds, optionalWaitSeconds, ...limits } = options.buildLimits ?? {};
  const workTime = createWorkTime(clock);
  const completion = createCompletion({ ...common, portEnds, workTime, optionalWaitSeconds });
  const chroots = createChrootService({
    ...common,
    jobs: queue,
    user: { name: userInfo().username, uid: userInfo().uid },
    proxy: () => `http://127.0.0.1:${options.ports().proxy}`,
    tarballsInUse: () => tarballsInUse(home),
    fileFailed: options.forgetFile,
    made: (tx, chroot) => wakeHeldBuilds(tx, queue, chroot),
  });
  const engineSwitch = createEngineSwitch({
    ...{ db, log, events, queue, chroots, workTime },
    stopped: options.stopped === true,
  });
  const setup = createSetup({ db, sources, repositories, chroots, nativeArch: options.nativeArch });
  const packaging = {
    ...common,
    archive,
    completion,
    incoming,
    portEnds,
    url: options.url,
    identity,
    hostname,
    signer,
    instanceKey: signer,
    findPlaces: async (...asked: Parameters<typeof archive.places>) => [
      ...(await archive.places(...asked)),
      ...(await archive.snapshotPlaces(...asked)),
    ],
    findPoolFile: archive.poolFile,
    findInIndex: sources.findDsc,
    sourceTool: createSourceTool(exec, home, sourceLimits(limits.diskFreeBytes)),
    ports: options.ports,
    buildLimits: limits,
  };
  const { fingerprint } = signer;
  const mirrors = createMirrors({ exec, home, fingerprint, httpPort: () => options.ports().http });
  const worker = createBuildWorker({
    ...common,
    ...createBuildHooks(packaging),
    runnerPath: options.runnerFile,
    slots: options.slots,
    hostArch: options.nativeArch,
    worker: identity,
    describe: (buildId) => describeBuild(packaging, buildId),
    chroot: chroots.ensure,
    archiveFailed: sources.archiveFailed,
    fileFailed: options.forgetFile,
    engine: engineSwitch.stateForBuilds,
    ...{ limits, workTime },
    ...(depWaitSeconds === undefined ? {} : { depWaitSeconds }),
  });
  const retention = createRetention(common);
  const works = regularWork({ ...foundation, chroots, archive, incoming, retention });
  const cron = createCron({ db, clock, log, queue, works });
  const jobs: Record<string, JobKind> = {
    build: engineSwitch.building(worker.kind),
    chroot: chroots.job,
    verify_upload: createVerifyJob(packaging),
    prepare: createPrepareJob(packaging),
    install: createInstallJob(packaging),
    [OPTIONAL_WAIT_JOB]: createOptionalWaitJob(packaging),
    port: engineSwitch.producing(createPortJob(packaging)),
    migrate: createMigrateJob(packaging),
    publish: publishJob(archive),
    source_check: sources.job,
    [HOOK_JOB]: createHookJob({ ...common, identity, send: foundation.sendHook }),
    ...(foundation.mail === undefined ? {} : { [MAIL_JOB]: foundation.mail.job }),
    [CRON_JOB]: cron.kind,
  };
  return {
    archive,
    sources,
    chroots,
    repositories,
    settings,
    incoming,
    completion,
    setup,
    engineSwitch,
    workTime,
    packaging,
    mirrors,
    cron,
    /** See `RegularWork`; undefined of work that has none. */
    planOfWork: async (name: string) => await works.find((work) => work.name === name)?.plan?.(),
    jobs,
    archiveUrls: () => archiveUrls(db.read),
    /** Takes up what an earlier daemon left, but for chroots; before jobs run. */
    async recover() {
      await worker.recover(queue);
      await archive.recover();
      await sweepPorts(exec, home);
      await db.write(async (tx) => {
        if (engineSwitch.isRunning()) await workTime.begin(tx);
        await completion.evaluateAll(tx);
      });
    },
  };
}
