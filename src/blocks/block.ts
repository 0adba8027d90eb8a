export type BlockPhase = "chroot" | "build";

/** What the blocks of a chroot do to it when it is made (builds.md 11). */
export interface ChrootBlock {
  readonly name: string;
  readonly version: string;
  /** To install. */
  readonly packages: readonly string[];
  /** Shell text run as root in the new chroot, when all packages are installed; may be empty. */
  readonly text: string;
}

/** What the blocks of a distribution do to each of its builds. */
export interface BuildBlock {
  readonly name: string;
  readonly version: string;
  /** Shell text run as root in the chroot, before the dependencies are installed; may be empty. */
  readonly text: string;
  /** Environment of the build itself; what root runs before does not see it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Directories in the chroot that stand first in the path of the build, likewise. */
  readonly path: readonly string[];
  /** apt.conf(5), from the first `apt-get update` on. */
  readonly apt: Readonly<Record<string, string>>;
  /** Words for DEB_BUILD_OPTIONS. */
  readonly options: readonly string[];
  /** Names of directories that outlive builds, one each for repository, codename and architecture. */
  readonly caches: readonly string[];
}
