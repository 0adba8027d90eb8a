import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database, Tx } from "#db";
import type { Events } from "#events";
import type { JobContext } from "#jobs";
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
import { planArchitecture } from "./architecture.ts";
import { planBootstrap } from "./bootstrap-plan.ts";
import {
  type Chroot,
  chrootName,
  findChroot,
  insertChroot,
  listChroots,
  updateChroot,
} from "./chroot-store.ts";
import type { ChrootBlock } from "./mmdebstrap.ts";
import { makeTarball } from "./tarball.ts";
import { type ReadyChroot, type TarballFiles, tarballName } from "./tarball-files.ts";

export interface ChrootMakerDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: Pick<Events, "record">;
  readonly exec: Exec;
  readonly home: Home;
  readonly blocks: readonly ChrootBlock[];
  readonly files: TarballFiles;
  readonly proxy: () => string | undefined;
  readonly launch?: readonly string[];
}

/** Makes a new tarball and switches the row to it. @throws MbdError chroot_failed, after it was stored */
export type MakeChroot = (codename: string, arch: string, job?: JobContext) => Promise<ReadyChroot>;

/** Work directories of makings, below `work/`. */
export const WORK_PREFIX = "chroot-";

const TIMEOUT_MS = 30 * 60_000;
const EMULATED_FACTOR = 4;

/**
 * One chroot is made at a time, so none takes another's unfinished files for rubbish; a job and a build that want the
 * same one share the making.
 */
export function createChrootMaker(deps: ChrootMakerDeps): MakeChroot {
  const running = new Map<string, Promise<ReadyChroot>>();
  let last: Promise<unknown> = Promise.resolve();
  return (codename, arch, job) => {
    const key = `${codename}:${arch}`;
    const same = running.get(key);
    if (same !== undefined) return same;
    const making = last.then(() => makeChroot(deps, codename, arch, job)).finally(() => running.delete(key));
    running.set(key, making);
    last = making.catch(() => undefined);
    return making;
  };
}

async function makeChroot(
  deps: ChrootMakerDeps,
  codename: string,
  arch: string,
  job: JobContext | undefined,
): Promise<ReadyChroot> {
  const { clock, home, files } = deps;
  const chroot = await begin(deps, codename, arch, job);
  const startedAt = clock.now();
  const stamp = startedAt.toISOString().slice(0, 19).replaceAll(/\D/g, "");
  const tarball = join(home.chroots, tarballName(codename, arch, stamp));
  try {
    await files.describe(tarball, await bootstrap(deps, chroot, { stamp, tarball, signal: job?.signal }));
  } catch (error) {
    await fail(deps, chroot, error, job);
    const params = { chroot: chrootName(chroot), reason: errorText(error) };
    throw new MbdError("chroot_failed", params, { cause: error });
  }
  const seconds = (clock.now().getTime() - startedAt.getTime()) / 1000;
  await succeed(deps, chroot, { tarball, stamp, seconds }, job);
  await files.removeUnused((await listChroots(deps.db.read)).map((row) => row.tarball));
  return files.handOut(tarball, stamp);
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

/** @returns the text of what went into the tarball */
async function bootstrap(
  deps: ChrootMakerDeps,
  { codename, arch }: Chroot,
  to: { readonly stamp: string; readonly tarball: string; readonly signal: AbortSignal | undefined },
): Promise<string> {
  const { home, blocks } = deps;
  const machine = await planArchitecture(await hostArchitecture(deps.exec), arch, readBinfmt);
  if (!machine.runs) throw new Error(machine.reason);
  const plan = await planBootstrap(deps.db.read, { codename, arch, blocks, home, proxy: deps.proxy() });
  const timeout = AbortSignal.timeout(TIMEOUT_MS * (machine.emulated ? EMULATED_FACTOR : 1));
  await mkdir(home.chroots, { recursive: true });
  await makeTarball(deps, {
    plan: plan.bootstrap,
    prefix: machine.prefix,
    file: to.tarball,
    workDir: join(home.work, `${WORK_PREFIX}${codename}-${arch}-${to.stamp}`),
    signal: to.signal === undefined ? timeout : AbortSignal.any([timeout, to.signal]),
  });
  return plan.inputs;
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
  });
}

/** A tarball that is there stays in use. A stop of the daemon is no failure: the job runs again. */
async function fail(
  deps: ChrootMakerDeps,
  chroot: Chroot,
  error: unknown,
  job: JobContext | undefined,
): Promise<void> {
  const reason = errorText(error);
  await deps.db.write(async (tx) => {
    if (job?.signal.aborted === true) {
      await updateChroot(tx, chroot, { state: restingState(chroot) });
      return;
    }
    await job?.fenced(tx);
    const state = chroot.tarball === null ? "error" : "stale";
    await updateChroot(tx, chroot, { state, error: reason, checked_at: isoNow(deps.clock) });
    const message = `${chrootName(chroot)} could not be made: ${reason}`;
    await record(deps, tx, chroot, message, { error: reason });
  });
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

async function hostArchitecture(exec: Exec): Promise<string> {
  return (await exec("dpkg", ["--print-architecture"])).stdout.trim();
}

async function readBinfmt(name: string): Promise<string | undefined> {
  const path = `/proc/sys/fs/binfmt_misc/${name}`;
  return (await exists(path)) ? await readFile(path, "utf8") : undefined;
}
