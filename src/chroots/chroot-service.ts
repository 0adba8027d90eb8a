import { join } from "node:path";
import { chrootBlocks } from "#blocks";
import type { Tx } from "#db";
import { type JobKind, openJobs } from "#jobs";
import { errorText, exists, killBelow, type Log, MbdError, namesIn } from "#platform";
import { checkUnshare } from "./backend-unshare.ts";
import { planBootstrap } from "./bootstrap-plan.ts";
import {
  CHROOT_JOB,
  type ChrootMakerDeps,
  type ChrootStep,
  createChrootMaker,
  firstJob,
  lintianJob,
  restingState,
  WORK_PREFIX,
} from "./chroot-maker.ts";
import {
  blocksOf,
  type Chroot,
  chrootName,
  findChroot,
  insertChroot,
  listChroots,
  updateChroot,
} from "./chroot-store.ts";
import { createMakingPauses } from "./making-pauses.ts";
import { newerPackages, someOf } from "./newer-packages.ts";
import { removeNamespaceTree } from "./tarball.ts";
import { createTarballFiles, type ReadyChroot } from "./tarball-files.ts";

/** What a remake came to. */
export interface Remade {
  /** `<codename>:<arch>` */
  readonly key: string;
  /** Those that went well, in their order. */
  readonly steps: readonly ChrootStep[];
  /** Why it went no further; the chroot from before stays in use. */
  readonly error?: string;
}

/** A chroot that should be made again. */
export interface DueChroot {
  readonly key: string;
  readonly reason: string;
}

export interface ChrootService {
  /** Adds a chroot, if it is not there, and asks for its making. */
  add(tx: Tx, codename: string, arch: string): Promise<void>;
  /**
   * The tarball to build in, however old. Where there is none its job is asked for, after failures with growing pauses,
   * and `wait` says why there is none yet: nobody's slot is held meanwhile. @throws MbdError chroot_failed in the pauses
   */
  ensure(codename: string, arch: string): Promise<ReadyChroot | { readonly wait: string }>;
  /** `<codename>:<arch>` of all, whether they are made yet or not. */
  keys(): Promise<string[]>;
  /** Makes chroots anew, one after the other; builds that run keep what they have. */
  remakeNow(keys: readonly string[]): Promise<Remade[]>;
  /**
   * Asks for new tarballs where one is missing, older than a week, was made from something else, or holds packages of
   * which there are newer ones. Returns which and why.
   */
  remakeDue(): Promise<DueChroot[]>;
  /** Ends the makings that run: a call that waits for one would hold up the end of the daemon. */
  stop(): void;
  /** At start, before anybody may ask for one: no making outlives the daemon, and what one left is removed. */
  recover(): Promise<void>;
  /** What an administrator must do before chroots work here, a sentence each; empty when all is well. */
  check(): Promise<string[]>;
  /** Kind `chroot`, subject `<codename>:<arch>`: makes a new tarball; `<codename>:<arch>:lintian`: what its lintian runs in. */
  readonly job: JobKind;
}

export interface ChrootServiceDeps extends Omit<ChrootMakerDeps, "files"> {
  readonly log: Pick<Log, "warn">;
  /** The service user. */
  readonly user: { readonly name: string; readonly uid: number };
  /** URL of the caching proxy, if one runs. */
  readonly proxy: () => string | undefined;
  /** Tarballs (paths or names) that running builds use: they stay. */
  readonly tarballsInUse: () => Promise<readonly string[]>;
  /** See `TarballDeps`. */
  readonly launch?: readonly string[];
}

const MAX_AGE_DAYS = 7;
const DAY_MS = 86_400_000;

export function createChrootService(deps: ChrootServiceDeps): ChrootService {
  const { db, home, clock } = deps;
  /** What resists keeps neither the daemon from starting nor a chroot from being used. */
  const remove = async (path: string): Promise<void> => {
    try {
      await removeNamespaceTree(deps, path);
    } catch (error) {
      deps.log.warn({ path, error: errorText(error) }, "what a chroot left cannot be removed");
    }
  };
  const files = createTarballFiles({ dir: home.chroots, clock, inUse: deps.tarballsInUse, remove });
  const maker = createChrootMaker({ ...deps, files });
  const pauses = createMakingPauses(clock);

  const enqueue = async (tx: Tx, chroots: readonly Pick<Chroot, "codename" | "arch">[]): Promise<void> => {
    for (const chroot of chroots) {
      await deps.jobs.enqueue(tx, { kind: CHROOT_JOB, subject: keyOf(chroot) });
    }
  };

  /** The job of a chroot that builds wait for, unless it failed just now or runs: that would make it twice. */
  const askFor = async (codename: string, arch: string, chroot: Chroot | undefined): Promise<void> => {
    const { error = null, checked_at: failedAt = null } = chroot ?? {};
    const key = keyOf({ codename, arch });
    if (error !== null && failedAt !== null && pauses.isEarly(key, failedAt)) {
      const params = { chroot: chrootName({ codename, arch }), reason: error };
      throw new MbdError("chroot_failed", params);
    }
    await db.write(async (tx) => {
      await insertChroot(tx, codename, arch);
      const jobs = await openJobs(tx, CHROOT_JOB);
      if (jobs.some((job) => job.subject === key && job.state === "leased")) return;
      await deps.jobs.enqueue(tx, firstJob({ codename, arch }));
    });
  };

  /** Why a chroot should be made again; undefined: it is fine. */
  const dueReason = async (chroot: Chroot): Promise<string | undefined> => {
    const { codename, arch, tarball, made_at } = chroot;
    if (tarball === null || made_at === null || !(await exists(join(home.chroots, tarball))))
      return "there is none";
    if (Date.parse(made_at) < clock.now().getTime() - MAX_AGE_DAYS * DAY_MS)
      return `it is older than ${MAX_AGE_DAYS} days`;
    try {
      const blocks = await chrootBlocks(db.read, blocksOf(chroot));
      const request = { codename, arch, blocks, home, proxy: deps.proxy() };
      const { bootstrap: plan, inputs } = await planBootstrap(db.read, request);
      if (inputs !== (await files.description(tarball))) return "its sources or blocks changed";
      const place = { dir: join(home.cache, "chroot-apt", `${codename}-${arch}`), plan };
      const newer = await newerPackages(deps.exec, { ...place, statusFile: files.statusFile(tarball) });
      return newer.length === 0 ? undefined : `there are newer packages: ${someOf(newer)}`;
    } catch (error) {
      // A source that cannot be read now is no reason to throw away what was made from it.
      deps.log.warn({ chroot: keyOf(chroot), error: errorText(error) }, "a chroot could not be compared");
      return undefined;
    }
  };

  const withoutLintian = async (chroots: readonly Chroot[]): Promise<Chroot[]> => {
    const missing: Chroot[] = [];
    for (const chroot of chroots) {
      if (chroot.tarball !== null && !(await exists(files.lintianRoot(chroot.tarball)))) missing.push(chroot);
    }
    return missing;
  };

  return {
    async add(tx, codename, arch) {
      await insertChroot(tx, codename, arch);
      await enqueue(tx, [{ codename, arch }]);
    },
    async ensure(codename, arch) {
      const chroot = await findChroot(db.read, codename, arch);
      const { tarball = null, stamp = null } = chroot ?? {};
      const isThere = tarball !== null && (await exists(join(home.chroots, tarball)));
      if (isThere && stamp !== null) {
        pauses.forget(keyOf({ codename, arch }));
        return await files.handOut(join(home.chroots, tarball), stamp);
      }
      if (!maker.isMaking(codename, arch)) await askFor(codename, arch, chroot);
      return { wait: `the chroot for ${codename} ${arch} is being made` };
    },
    keys: async () => (await listChroots(db.read)).map(keyOf),
    async remakeNow(keys) {
      const remade: Remade[] = [];
      for (const key of keys) {
        const [codename = "", arch = ""] = key.split(":");
        const { steps, ready } = maker.make(codename, arch);
        const error = await ready.then(() => undefined, errorText);
        remade.push({ key, steps, ...(error === undefined ? {} : { error }) });
      }
      return remade;
    },
    async remakeDue() {
      const chroots = await listChroots(db.read);
      const due: (DueChroot & { readonly chroot: Chroot })[] = [];
      for (const chroot of chroots) {
        const reason = await dueReason(chroot);
        if (reason !== undefined) due.push({ key: keyOf(chroot), reason, chroot });
      }
      const again = due.map(({ chroot }) => chroot);
      const bare = await withoutLintian(chroots.filter((chroot) => !again.includes(chroot)));
      await db.write(async (tx) => {
        await enqueue(tx, again);
        for (const chroot of bare) await deps.jobs.enqueue(tx, lintianJob(chroot));
      });
      return due.map(({ key, reason }) => ({ key, reason }));
    },
    stop: () => maker.stop(),
    async recover() {
      const chroots = await listChroots(db.read);
      await db.write(async (tx) => {
        for (const chroot of chroots.filter((it) => it.state === "making")) {
          await updateChroot(tx, chroot, { state: restingState(chroot) });
        }
      });
      for (const name of (await namesIn(home.work)).filter((it) => it.startsWith(WORK_PREFIX))) {
        // A killed daemon's mmdebstrap would wait for ever for the proxy that is gone.
        await killBelow(join(home.work, name));
        await remove(join(home.work, name));
      }
      await files.removeUnused(chroots.map((chroot) => chroot.tarball));
    },
    check: () => checkUnshare(deps),
    job: {
      async handle(context) {
        const [codename = "", arch = "", part] = context.job.subject.split(":");
        if (part === undefined) await maker.make(codename, arch, context).ready;
        else await maker.makeLintianRoot(codename, arch, context.signal);
      },
      leaseSeconds: 600,
      heartbeatSeconds: 60,
      concurrency: 1,
      maxAttempts: 3,
      backoffSeconds: (attempt) => 120 * 2 ** attempt,
    },
  };
}

function keyOf({ codename, arch }: Pick<Chroot, "codename" | "arch">): string {
  return `${codename}:${arch}`;
}
