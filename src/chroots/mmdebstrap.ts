/** A source as the tarball is made from it. */
export interface BootstrapSource {
  /** Base URL of the archive, ends with a slash. */
  readonly url: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Absolute path of its binary keyring. */
  readonly keyringFile: string;
  readonly checkValidUntil: boolean;
}

/** A named, versioned piece of set-up of chroots (builds.md 11). */
export interface ChrootBlock {
  readonly name: string;
  readonly version: string;
  /** Packages to install. */
  readonly include: readonly string[];
  /** Shell texts run in the namespace, `$1` is the directory of the chroot. */
  readonly hooks: readonly string[];
}

export interface BootstrapPlan {
  readonly codename: string;
  readonly arch: string;
  /** The base first. */
  readonly sources: readonly [BootstrapSource, ...BootstrapSource[]];
  readonly blocks: readonly ChrootBlock[];
  /** URL of the caching proxy; used while the tarball is made, not left in it. */
  readonly proxy?: string;
}

/** Makes dpkg's many fsyncs cost nothing: a chroot that breaks is made again. */
export const EATMYDATA: ChrootBlock = {
  name: "eatmydata",
  version: "1",
  include: ["eatmydata"],
  hooks: [
    'chroot "$1" dpkg -L libeatmydata1 | grep "/libeatmydata[.]so$" >"$1"/etc/ld.so.preload && test -s "$1"/etc/ld.so.preload',
  ],
};

/** sbuild asks for it in every build, beside build-essential, which the variant brings. */
const EACH_BUILD = ["fakeroot"];

/**
 * What only this run needs: sources, the host's resolver and name, and mmdebstrap's apt options (the proxy among them).
 * A build brings its own apt configuration.
 */
const TIDY =
  'rm -f "$1"/etc/apt/sources.list "$1"/etc/resolv.conf "$1"/etc/hostname "$1"/etc/apt/apt.conf.d/99mmdebstrap';

/**
 * What a system is made for. Where lintian runs nothing is built, so it has neither compilers nor blocks. apt's lists
 * stay in what builds start from: apt then reads those indices of the base only that changed since.
 */
const PURPOSES = {
  build: { variant: "buildd", include: EACH_BUILD, withBlocks: true, keep: ["--skip=cleanup/apt/lists"] },
  lintian: { variant: "essential", include: ["lintian"], withBlocks: false, keep: [] },
} as const;

/** The arguments of builds.md 3.1; the tar goes to stdout. Each source trusts its own keys only. */
export function bootstrapCommand(
  plan: BootstrapPlan,
  purpose: keyof typeof PURPOSES = "build",
): readonly [string, ...string[]] {
  const { sources, proxy } = plan;
  const { variant, keep, withBlocks, ...purposed } = PURPOSES[purpose];
  const blocks = withBlocks ? plan.blocks : [];
  const include = [...purposed.include, ...blocks.flatMap((block) => block.include)].join(",");
  return [
    "mmdebstrap",
    "--mode=unshare",
    `--variant=${variant}`,
    `--architectures=${plan.arch}`,
    "--format=tar",
    `--keyring=${sources[0].keyringFile}`,
    '--aptopt=Acquire::Retries "3"',
    '--aptopt=APT::Update::Error-Mode "any"',
    ...(proxy === undefined ? [] : [`--aptopt=Acquire::http::Proxy "${proxy}"`]),
    "--dpkgopt=force-unsafe-io",
    ...keep,
    `--include=${include}`,
    ...blocks.flatMap((block) => block.hooks).map((hook) => `--customize-hook=${hook}`),
    `--customize-hook=${TIDY}`,
    plan.codename,
    "-",
    ...sources.map(sourceLine),
  ];
}

/** sources.list(5), one-line style, which is all that mmdebstrap takes as an argument. */
export function sourceLine(source: BootstrapSource): string {
  const options = [
    `signed-by=${source.keyringFile}`,
    ...(source.checkValidUntil ? [] : ["check-valid-until=no"]),
  ];
  return `deb [${options.join(" ")}] ${source.url} ${source.suite} ${source.components.join(" ")}`;
}
