import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Clock, exists, unlinkIfPresent, writeFileAtomic } from "#platform";

/** A tarball that was handed to somebody is kept this long even if nobody has said yet that a build uses it. */
const HANDED_OUT_MS = 3_600_000;
const TARBALL = /^.+\.tar\.zst$/;

/** `bookworm-amd64-20240102030405.tar.zst`: a new name each time, so there is no change in place and no lock. */
export function tarballName(codename: string, arch: string, stamp: string): string {
  return `${codename}-${arch}-${stamp}.tar.zst`;
}

export interface ReadyChroot {
  /** Absolute path of a zstd-compressed tar; stays as long as a build uses it. */
  readonly tarball: string;
  /** When it was made, YYYYMMDDHHMMSS. */
  readonly stamp: string;
}

export type TarballFiles = ReturnType<typeof createTarballFiles>;

/** The tarballs below one directory, each with a text beside it that says what it was made from. */
export function createTarballFiles(deps: {
  readonly dir: string;
  readonly clock: Clock;
  readonly inUse: () => Promise<readonly string[]>;
}) {
  const handedOut = new Map<string, number>();
  const now = (): number => deps.clock.now().getTime();
  const descriptionOf = (tarball: string): string =>
    join(deps.dir, basename(tarball).replace(/\.tar\.zst$/, ".json"));

  return {
    handOut(tarball: string, stamp: string): ReadyChroot {
      handedOut.set(basename(tarball), now());
      return { tarball, stamp };
    },
    async describe(tarball: string, text: string): Promise<void> {
      await writeFileAtomic(descriptionOf(tarball), text);
    },
    async description(tarball: string): Promise<string | undefined> {
      const path = descriptionOf(tarball);
      return (await exists(path)) ? await readFile(path, "utf8") : undefined;
    },
    /** Removes tarballs that no row names and no build uses, and what a killed making left. */
    async removeUnused(current: readonly (string | null)[]): Promise<void> {
      if (!(await exists(deps.dir))) return;
      const lately = [...handedOut].filter(([, at]) => at > now() - HANDED_OUT_MS).map(([name]) => name);
      const used = new Set([...current, ...lately, ...(await deps.inUse()).map((path) => basename(path))]);
      for (const name of await readdir(deps.dir)) {
        if (name.endsWith(".tar.zst.new")) await unlinkIfPresent(join(deps.dir, name));
        if (!TARBALL.test(name) || used.has(name)) continue;
        await unlinkIfPresent(join(deps.dir, name));
        await unlinkIfPresent(descriptionOf(name));
        handedOut.delete(name);
      }
    },
  };
}
