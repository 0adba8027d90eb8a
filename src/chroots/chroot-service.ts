import { join } from "node:path";
import type { Tx } from "#db";
import type { JobKind, JobQueue } from "#jobs";
import { exists, namesIn } from "#platform";
import { checkUnshare } from "./backend-unshare.ts";
import { inputsOf } from "./bootstrap-plan.ts";
import { type ChrootMakerDeps, createChrootMaker, restingState, WORK_PREFIX } from "./chroot-maker.ts";
import { type Chroot, findChroot, insertChroot, listChroots, updateChroot } from "./chroot-store.ts";
import { type ChrootBlock, EATMYDATA } from "./mmdebstrap.ts";
import { removeNamespaceTree } from "./tarball.ts";
import { createTarballFiles, type ReadyChroot } from "./tarball-files.ts";

export interface ChrootService {
  /** Adds a chroot, if it is not there, and asks for its making. */
  add(tx: Tx, codename: string, arch: string): Promise<void>;
  /** The tarball to build in: the one that is there, however old, else one made now. @throws MbdError chroot_failed */
  ensure(codename: string, arch: string): Promise<ReadyChroot>;
  /** Asks for new tarballs, of all chroots or those that match; returns how many. */
  remake(tx: Tx, only?: { readonly codename?: string; readonly arch?: string }): Promise<number>;
  /** Asks for new tarballs where one is missing, older than a week, or its sources changed. For the daily schedule. */
  remakeDue(): Promise<number>;
  /** At start: no making outlives the daemon, and what one left is removed. */
  recover(): Promise<void>;
  /** What an administrator must do before chroots work here, a sentence each; empty when all is well. */
  check(): Promise<string[]>;
  /** Kind `chroot`, subject `<codename>:<arch>`: makes a new tarball. */
  readonly job: JobKind;
}

export interface ChrootServiceDeps extends Omit<ChrootMakerDeps, "blocks" | "files"> {
  readonly jobs: Pick<JobQueue, "enqueue">;
  /** The service user. */
  readonly user: { readonly name: string; readonly uid: number };
  /** URL of the caching proxy, if one runs. */
  readonly proxy: () => string | undefined;
  /** Tarballs (paths or names) that running builds use: they stay. */
  readonly tarballsInUse: () => Promise<readonly string[]>;
  /** Default: eatmydata. */
  readonly blocks?: readonly ChrootBlock[];
  /** See `TarballDeps`. */
  readonly launch?: readonly string[];
}

export const CHROOT_JOB = "chroot";
const MAX_AGE_MS = 7 * 24 * 3_600_000;

export function createChrootService(deps: ChrootServiceDeps): ChrootService {
  const { db, home, clock } = deps;
  const blocks = deps.blocks ?? [EATMYDATA];
  const files = createTarballFiles({ dir: home.chroots, clock, inUse: deps.tarballsInUse });
  const make = createChrootMaker({ ...deps, blocks, files });

  const enqueue = async (tx: Tx, chroots: readonly Pick<Chroot, "codename" | "arch">[]): Promise<number> => {
    for (const { codename, arch } of chroots) {
      await deps.jobs.enqueue(tx, { kind: CHROOT_JOB, subject: `${codename}:${arch}` });
    }
    return chroots.length;
  };

  const isDue = async (chroot: Chroot): Promise<boolean> => {
    if (chroot.tarball === null || chroot.made_at === null) return true;
    if (Date.parse(chroot.made_at) < clock.now().getTime() - MAX_AGE_MS) return true;
    const inputs = await inputsOf(db.read, chroot.codename, blocks);
    return inputs !== undefined && inputs !== (await files.description(chroot.tarball));
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
      if (isThere && stamp !== null) return files.handOut(join(home.chroots, tarball), stamp);
      return await make(codename, arch);
    },
    async remake(tx, { codename, arch } = {}) {
      const chroots = await listChroots(tx);
      const isWanted = (it: Chroot) =>
        it.codename === (codename ?? it.codename) && it.arch === (arch ?? it.arch);
      return await enqueue(tx, chroots.filter(isWanted));
    },
    async remakeDue() {
      const due: Chroot[] = [];
      for (const chroot of await listChroots(db.read)) if (await isDue(chroot)) due.push(chroot);
      return await db.write((tx) => enqueue(tx, due));
    },
    async recover() {
      const chroots = await listChroots(db.read);
      await db.write(async (tx) => {
        for (const chroot of chroots.filter((it) => it.state === "making")) {
          await updateChroot(tx, chroot, { state: restingState(chroot) });
        }
      });
      for (const name of (await namesIn(home.work)).filter((it) => it.startsWith(WORK_PREFIX))) {
        await removeNamespaceTree(deps, join(home.work, name));
      }
      await files.removeUnused(chroots.map((chroot) => chroot.tarball));
    },
    check: () => checkUnshare(deps),
    job: {
      async handle(context) {
        const [codename = "", arch = ""] = context.job.subject.split(":");
        await make(codename, arch, context);
      },
      leaseSeconds: 300,
      heartbeatSeconds: 60,
      concurrency: 1,
      maxAttempts: 3,
      backoffSeconds: (attempt) => 120 * 2 ** attempt,
    },
  };
}
