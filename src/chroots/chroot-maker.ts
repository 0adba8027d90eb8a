import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chrootBlocks } from "#blocks";
import type { Database, Tx } from "#db";
import type { Events } from "#events";
import type { JobContext, JobQueue } from "#jobs";
import {
  type Clock,
  type Exec,
  errorText,
  exists,
  type Home,
  isoNow,
  MbdError,
  statOrUndefined,
} from "#platform";
import { hostArchitecture, planArchitecture, readBinfmt } from "./architecture.ts";
import { planBootstrap } from "./bootstrap-plan.ts";
import type { BootstrapRunDeps } from "./bootstrap-run.ts";
import {
  blocksOf,
  type Chroot,
  chrootName,
  findChroot,
  insertChroot,
  listChroots,
  updateChroot,
} from "./chroot-store.ts";
import { makeLintianRoot } from "./lintian-root.ts";
import { makeTarball } from "./tarball.ts";
import { type ReadyChroot, type TarballFacts, type TarballFiles, tarballName } from "./tarball-files.ts";

export interface ChrootMakerDeps extends BootstrapRunDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: Pick<Events, "record">;
  readonly jobs: Pick<JobQueue, "enqueue">;
  readonly exec: Exec;
  readonly home: Home;
  readonly files: TarballFiles;
  /** Told in the transaction that makes a new tarball count: builds may wait for it. */
  readonly made?: (tx: Tx, chroot: Pick<Chroot, "codename" | "arch">) => Promise<void>;
  readonly proxy: () => string | undefined;
  readonly launch?: readonly string[];
}

/** Steps of a making, in their order: a new tarball, its test start, the row, and what nobody needs any more. */
export type ChrootStep = "prepare" | "check" | "activate" | "remove";

export interface Making {
  /** Those that are done. */
  readonly steps: readonly ChrootStep[];
  /** Rejects with chroot_failed, after that was stored. */
  readonly ready: Promise<ReadyChroot>;
}

export interface ChrootMaker {
  /** Makes a new tarball and switches the row to it; a making that runs already is that one. */
  make(codename: string, arch: string, job?: JobContext): Making;
  isMaking(codename: string, arch: string): boolean;
  /** Makes the system for the lintian of the present tarball, if there is none. @throws Error */
  makeLintianRoot(codename: string, arch: string, signal: AbortSignal): Promise<void>;
  /** Ends what is being made, whoever waits for it; nothing more is begun. */
  stop(): void;
}

/** Work directories of makings, below `work/`. */
export const WORK_PREFIX = "chroot-";
export const CHROOT_JOB = "chroot";

const TIMEOUT_MS = 30 * 60_000;
const EMULATED_FACTOR = 4;

/** Job of a chroot that builds wait for: before those that are only made again. */
export function firstJob({ codename, arch }: Pick<Chroot, "codename" | "arch">) {
  return { kind: CHROOT_JOB, subject: `${codename}:${arch}`, priority: 1 };
}

/** Subject of the job that makes the system for lintian: after the chroot, which builds may wait for. */
export function lintianJob({ codename, arch }: Pick<Chroot, "codename" | "arch">) {
  return { kind: CHROOT_JOB, subject: `${codename}:${arch}:lintian`, priority: -1 };
}

/**
 * One system is made at a time, so none takes another's unfinished files for rubbish; a job and a call that want the
 * same one share the making.
 */
export function createChrootMaker(deps: ChrootMakerDeps): ChrootMaker {
  const running = new Map<string, Making>();
  const stopping = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  const afterOthers = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    make(codename, arch, job) {
      const key = `${codename}:${arch}`;
      const same = running.get(key);
      if (same !== undefined) return same;
      const steps: ChrootStep[] = [];
      const onStep = (step: ChrootStep) => void steps.push(step);
      const signal = AbortSignal.any([stopping.signal, ...(job === undefined ? [] : [job.signal])]);
      const ready = afterOthers(() =>
        makeChroot(deps, codename, arch, { job, signal, onStep }).finally(() => running.delete(key)),
      );
      const making = { steps, ready };
      running.set(key, making);
      return making;
    },
    isMaking: (codename, arch) => running.has(`${codename}:${arch}`),
    makeLintianRoot: (codename, arch, signal) =>
      afterOthers(() => lintianRootOf(deps, codename, arch, AbortSignal.any([stopping.signal, signal]))),
    stop: () => stopping.abort(new Error("the daemon stops")),
  };
}

interface MakeOptions {
  readonly job: JobContext | undefined;
  /** Of the job, if it is one's, and of the daemon's stop. */
  readonly signal: AbortSignal;
  readonly onStep: (step: ChrootStep) => void;
}

async function makeChroot(
  deps: ChrootMakerDeps,
  codename: string,
  arch: string,
  options: MakeOptions,
): Promise<ReadyChroot> {
  const { clock, home, files } = deps;
  const { job, signal, onStep } = options;
  const chroot = await begin(deps, codename, arch, job);
  const startedAt = clock.now();
  const stamp = startedAt.toISOString().slice(0, 19).replaceAll(/\D/g, "");
  const tarball = join(home.chroots, tarballName(codename, arch, stamp));
  try {
    await files.describe(tarball, await bootstrap(deps, chroot, { stamp, tarball, ...options }));
  } catch (error) {
    await fail(deps, chroot, error, { job, stopped: signal.aborted });
    const params = { chroot: chrootName(chroot), reason: errorText(error) };
    throw new MbdError("chroot_failed", params, { cause: error });
  }
  const seconds = (clock.now().getTime() - startedAt.getTime()) / 1000;
  await succeed(deps, chroot, { tarball, stamp, seconds }, job);
  onStep("activate");
  await files.removeUnused((await listChroots(deps.db.read)).map((row) => row.tarball));
  onStep("remove");
  return await files.handOut(tarball, stamp);
}

function begin(
  { db }: ChrootMakerDeps,
  codename: string,
  arch: string,
  job: JobContext | undefined,
): Promise<Chroot> {
  return db.write(async (tx) => {
    await job?.fenced(tx);
    await insertChroot(tx, codename, arch);
    const chroot = await findChroot(tx, codename, arch);
    if (chroot === undefined) throw new Error(`no row for ${codename}:${arch}`);
    await updateChroot(tx, chroot, { state: "making" });
    return chroot;
  });
}

async function bootstrap(
  deps: ChrootMakerDeps,
  chroot: Chroot,
  { signal, onStep, ...to }: MakeOptions & { readonly stamp: string; readonly tarball: string },
): Promise<TarballFacts> {
  const { home } = deps;
  const { codename, arch } = chroot;
  const machine = await planArchitecture(await hostArchitecture(deps.exec), arch, readBinfmt);
  if (!machine.runs) throw new Error(machine.reason);
  const blocks = await chrootBlocks(deps.db.read, blocksOf(chroot));
  const plan = await planBootstrap(deps.db.read, { codename, arch, blocks, home, proxy: deps.proxy() });
  await mkdir(home.chroots, { recursive: true });
  const status = await makeTarball(deps, {
    plan: plan.bootstrap,
    prefix: machine.prefix,
    file: to.tarball,
    workDir: workDirOf(home, `${codename}-${arch}-${to.stamp}`),
    signal: withTimeout(signal, TIMEOUT_MS * (machine.emulated ? EMULATED_FACTOR : 1)),
    onStep,
  });
  return { inputs: plan.inputs, status };
}

/** Of the machine's own architecture, whatever the chroot's: lintian reads packages of all, and runs fastest there. */
async function lintianRootOf(
  deps: ChrootMakerDeps,
  codename: string,
  arch: string,
  signal: AbortSignal,
): Promise<void> {
  const { home, files } = deps;
  const { tarball = null } = (await findChroot(deps.db.read, codename, arch)) ?? {};
  if (tarball === null || (await exists(files.lintianRoot(tarball)))) return;
  const machine = await hostArchitecture(deps.exec);
  const request = { codename, arch: machine, blocks: [], home, proxy: deps.proxy() };
  const { bootstrap: plan } = await planBootstrap(deps.db.read, request);
  await makeLintianRoot(deps, {
    plan,
    dir: files.lintianRoot(tarball),
    workDir: workDirOf(home, `${codename}-${arch}-lintian`),
    signal: withTimeout(signal, TIMEOUT_MS),
  });
}

function workDirOf(home: Home, name: string): string {
  return join(home.work, `${WORK_PREFIX}${name}`);
}

function withTimeout(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([AbortSignal.timeout(ms), signal]);
}

async function succeed(
  deps: ChrootMakerDeps,
  chroot: Chroot,
  made: { readonly tarball: string; readonly stamp: string; readonly seconds: number },
  job: JobContext | undefined,
): Promise<void> {
  const { stamp, seconds } = made;
  const sizeBytes = (await statOrUndefined(made.tarball))?.size ?? 0;
  const now = isoNow(deps.clock);
  const tarball = tarballName(chroot.codename, chroot.arch, stamp);
  await deps.db.write(async (tx) => {
    await job?.fenced(tx);
    const fields = { state: "active", tarball, stamp, error: null, made_at: now, checked_at: now };
    await updateChroot(tx, chroot, fields);
    const message = `${chrootName(chroot)} was made in ${Math.round(seconds)} s`;
    await record(deps, tx, chroot, message, { stamp, seconds, sizeBytes });
    await deps.jobs.enqueue(tx, lintianJob(chroot));
    await deps.made?.(tx, chroot);
  });
}

/** A tarball that is there stays in use. A stop of the daemon is no failure: the job runs again. */
async function fail(
  deps: ChrootMakerDeps,
  chroot: Chroot,
  error: unknown,
  { job, stopped }: { readonly job: JobContext | undefined; readonly stopped: boolean },
): Promise<void> {
  const reason = errorText(error);
  await deps.db.write(async (tx) => {
    if (stopped) {
      await updateChroot(tx, chroot, { state: restingState(chroot) });
      return;
    }
    await job?.fenced(tx);
    const state = chroot.tarball === null ? "error" : "stale";
    await updateChroot(tx, chroot, { state, error: reason, checked_at: isoNow(deps.clock) });
    // What is tried again and again is told when it begins to fail, and when it fails in another way.
    if (withoutMoment(reason) === withoutMoment(chroot.error)) return;
    const message = `${chrootName(chroot)} could not be made: ${reason}`;
    await record(deps, tx, chroot, message, { error: reason });
  });
}

/** The reason without names of files that are made anew each time. */
function withoutMoment(reason: string | null): string | undefined {
  return reason?.replaceAll(/\d{14}|mmdebstrap\.\w{10}/g, "…");
}

async function record(
  { events }: ChrootMakerDeps,
  tx: Tx,
  chroot: Chroot,
  message: string,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { codename, arch } = chroot;
  await events.record(tx, {
    type: "CHROOT",
    message,
    codename,
    arch,
    data: { chroot: chrootName(chroot), ...data },
  });
}

/** The state of a chroot that nobody is making: what the last making left. */
export function restingState(chroot: Pick<Chroot, "tarball" | "error">): string {
  if (chroot.tarball !== null) return chroot.error === null ? "active" : "stale";
  return chroot.error === null ? "missing" : "error";
}
