import type { ChrootBlock } from "#blocks";

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

export interface BootstrapPlan {
  readonly codename: string;
  readonly arch: string;
  /** The base first. */
  readonly sources: readonly [BootstrapSource, ...BootstrapSource[]];
  readonly blocks: readonly ChrootBlock[];
  /** URL of the caching proxy; used while the tarball is made, not left in it. */
  readonly proxy?: string;
}

/** sbuild asks for it in every build, beside build-essential, which the variant brings. */
const EACH_BUILD = ["fakeroot"];

/**
 * What only this run needs: sources, the host's resolver and name, and mmdebstrap's apt options (the proxy among them).
 * A build brings its own apt configuration.
 */
const TIDY =
  'rm -f "$1"/etc/apt/sources.list "$1"/etc/resolv.conf "$1"/etc/hostname "$1"/etc/apt/apt.conf.d/99mmdebstrap';

/**
 * What a system is made for. Where lintian runs nothing is built, so it has no compilers. apt's lists stay in what builds
 * start from: apt then reads those indices of the base only that changed since.
 */
const PURPOSES = {
  build: { variant: "buildd", include: EACH_BUILD, keep: ["--skip=cleanup/apt/lists"] },
  lintian: { variant: "essential", include: ["lintian"], keep: [] },
} as const;

/** The arguments of builds.md 3.1; the tar goes to stdout. Each source trusts its own keys only. */
export function bootstrapCommand(
  plan: BootstrapPlan,
  purpose: keyof typeof PURPOSES = "build",
): readonly [string, ...string[]] {
  const { sources, proxy, blocks } = plan;
  const { variant, keep, ...purposed } = PURPOSES[purpose];
  const include = [...purposed.include, ...blocks.flatMap((block) => block.packages)].join(",");
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
    ...blocks.map((block, index) => `--customize-hook=${blockHook(block, index)}`),
    `--customize-hook=${TIDY}`,
    plan.codename,
    "-",
    ...sources.map(sourceLine),
  ];
}

/**
 * The texts of the blocks, for the environment of `bootstrapCommand`. Hooks run on the host, in its namespace: they hand
 * the text to a shell in the chroot as data, and nothing of it is read outside.
 */
export function blockTexts({ blocks }: Pick<BootstrapPlan, "blocks">): Record<string, string> {
  return Object.fromEntries(blocks.map(({ text }, index) => [textVariable(index), text]));
}

function blockHook({ name, version }: ChrootBlock, index: number): string {
  const failed = `echo "E: block ${name} ${version} failed with exit status $?" >&2; exit 1`;
  return `chroot "$1" sh -ec "$${textVariable(index)}" || { ${failed}; }`;
}

const textVariable = (index: number): string => `MBD_BLOCK_${index}`;

/** sources.list(5), one-line style, which is all that mmdebstrap takes as an argument. */
export function sourceLine(source: BootstrapSource): string {
  const options = [
    `signed-by=${source.keyringFile}`,
    ...(source.checkValidUntil ? [] : ["check-valid-until=no"]),
  ];
  return `deb [${options.join(" ")}] ${source.url} ${source.suite} ${source.components.join(" ")}`;
}
