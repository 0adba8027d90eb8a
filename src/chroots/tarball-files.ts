import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Clock, exists, unlinkIfPresent, writeFileAtomic } from "#platform";

/** A tarball that was handed to somebody is kept this long even if nobody has said yet that a build uses it. */
const HANDED_OUT_MS = 3_600_000;
/** What belongs to a chroot: `bookworm-amd64-20240102030405` and one of these endings. */
const PART = /^(.+-\d{14})\.(?:tar\.zst|json|status|lintian)$/;
const TARBALL = ".tar.zst";
/** What a killed making left. */
const UNFINISHED = /\.(?:tar\.zst|lintian)\.new$/;

/** `bookworm-amd64-20240102030405.tar.zst`: a new name each time, so there is no change in place and no lock. */
export function tarballName(codename: string, arch: string, stamp: string): string {
  return `${codename}-${arch}-${stamp}${TARBALL}`;
}

export interface ReadyChroot {
  /** Absolute path of a zstd-compressed tar; stays as long as a build uses it. */
  readonly tarball: string;
  /** When it was made, YYYYMMDDHHMMSS. */
  readonly stamp: string;
  /** Absolute path of the system to run lintian in (`inLintianRoot`), where it is made already; stays likewise. */
  readonly lintianRoot?: string;
}

/** What is known of a tarball. */
export interface TarballFacts {
  /** What it was made from; another text now means it should be made again. */
  readonly inputs: string;
  /** dpkg's file `status` in it. */
  readonly status: string;
}

export interface TarballFilesDeps {
  readonly dir: string;
  readonly clock: Clock;
  readonly inUse: () => Promise<readonly string[]>;
  /** Removes a file or an unpacked system. */
  readonly remove: (path: string) => Promise<void>;
}

export type TarballFiles = ReturnType<typeof createTarballFiles>;

/** The tarballs below one directory, with what is known of each beside it, and the system for its lintian. */
export function createTarballFiles(deps: TarballFilesDeps) {
  const handedOut = new Map<string, number>();
  const now = (): number => deps.clock.now().getTime();
  const beside = (tarball: string, ending: string): string =>
    join(deps.dir, basename(tarball, TARBALL) + ending);

  return {
    async handOut(tarball: string, stamp: string): Promise<ReadyChroot> {
      handedOut.set(basename(tarball, TARBALL), now());
      const lintianRoot = beside(tarball, ".lintian");
      return { tarball, stamp, ...((await exists(lintianRoot)) ? { lintianRoot } : {}) };
    },
    lintianRoot: (tarball: string): string => beside(tarball, ".lintian"),
    statusFile: (tarball: string): string => beside(tarball, ".status"),
    async describe(tarball: string, { inputs, status }: TarballFacts): Promise<void> {
      await writeFileAtomic(beside(tarball, ".status"), status);
      await writeFileAtomic(beside(tarball, ".json"), inputs);
    },
    /** The inputs, as they were described. */
    async description(tarball: string): Promise<string | undefined> {
      const path = beside(tarball, ".json");
      return (await exists(path)) ? await readFile(path, "utf8") : undefined;
    },
    /** Removes what belongs to no chroot that a row names or a build uses, and what a killed making left. */
    async removeUnused(current: readonly (string | null)[]): Promise<void> {
      if (!(await exists(deps.dir))) return;
      const lately = [...handedOut].filter(([, at]) => at > now() - HANDED_OUT_MS).map(([name]) => name);
      const names = [...current.map((name) => name ?? ""), ...(await deps.inUse())];
      const used = new Set([...lately, ...names.map((name) => basename(name, TARBALL))]);
      for (const name of await readdir(deps.dir)) {
        const chroot = PART.exec(name)?.[1];
        const isRubbish = chroot === undefined ? UNFINISHED.test(name) : !used.has(chroot);
        if (!isRubbish) continue;
        if (name.endsWith(".lintian") || name.endsWith(".new")) await deps.remove(join(deps.dir, name));
        else await unlinkIfPresent(join(deps.dir, name));
        if (chroot !== undefined) handedOut.delete(chroot);
      }
    },
  };
}
