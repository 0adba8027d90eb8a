import { inLintianRoot } from "#chroots";
import { type BuildDescription, dscName } from "./build-description.ts";
import { checked, checkedNumber, isFailOnOption } from "./patterns.ts";
import { OVERLAY_MOUNT } from "./sbuildrc.ts";

/** A process to start: the whole environment, program and arguments. Never a shell line. */
export interface Command {
  readonly env: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
}

export interface SbuildPlace {
  readonly workDir: string;
  /** Absolute path of the chroot tarball. */
  readonly tarball: string;
  /** System to run lintian in, behind sbuild; without one sbuild installs lintian into the chroot of the build. */
  readonly lintianRoot?: string | undefined;
  readonly resolver: "apt" | "aptitude" | "aspcud";
  /** `i686` and the like for a 32-bit sibling of the machine (builds.md 3.3). */
  readonly personality?: string | undefined;
}

/** The call of sbuild (builds.md 5.3), every value checked. */
export function sbuildCommand(description: BuildDescription, place: SbuildPlace): Command {
  const work = checked("path", place.workDir, "work directory");
  return {
    env: environment(description, work),
    argv: [
      ...limitPrefix(description, place.personality),
      "sbuild",
      "--chroot-mode=unshare",
      `--chroot=${checked("path", place.tarball, "tarball")}`,
      `--dist=${checked("distribution", description.distribution, "distribution")}`,
      `--arch=${checked("arch", description.arch, "architecture")}`,
      `--build-dir=${work}/out`,
      "--nolog",
      ...scope(description),
      `--build-dep-resolver=${place.resolver}`,
      "--bd-uninstallable-explainer=none",
      // The runner removes the chroot, while lintian runs.
      "--purge=never",
      "--no-apt-update",
      "--no-apt-distupgrade",
      "--no-run-piuparts",
      "--no-run-autopkgtest",
      ...(place.lintianRoot === undefined ? lintian(description) : ["--no-run-lintian"]),
      ...description.tool.addDepends.map(
        (depends) => `--add-depends=${checked("depends", depends, "add-depends")}`,
      ),
      ...profiles(description),
      `--chroot-setup-commands=${OVERLAY_MOUNT}/setup`,
      `${work}/src/${checked("fileName", dscName(description), "file name")}`,
    ],
  };
}

function environment(description: BuildDescription, work: string): Record<string, string> {
  return {
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    HOME: `${work}/home`,
    SBUILD_CONFIG: `${work}/sbuildrc`,
    DEB_BUILD_OPTIONS: buildOptions(description),
  };
}

/** The words of the distribution or upload, those of blocks, and `parallel=` for the slot unless they have one. */
export function buildOptions(description: Pick<BuildDescription, "tool" | "limits">): string {
  const { debBuildOptions, blocks } = description.tool;
  const wanted = new Set([...debBuildOptions, ...blocks.flatMap((block) => block.options)]);
  const words = [...wanted].map((word) => checked("buildOption", word, "build option"));
  if (words.some((word) => word.startsWith("parallel="))) return words.join(" ");
  return [...words, `parallel=${checkedNumber(description.limits.cpus, 1, 4096, "CPUs")}`].join(" ");
}

/** What stands in front of every tool of a build: limits of the process, and the personality of a 32-bit sibling. */
export function limitPrefix({ limits }: Pick<BuildDescription, "limits">, sibling?: string): string[] {
  const fileBytes = checkedNumber(limits.fileBytes, 1, Number.MAX_SAFE_INTEGER, "limit of file size");
  const tasks = checkedNumber(limits.tasks, 16, 4_194_304, "limit of tasks");
  return [
    ...["prlimit", "--core=0", `--fsize=${fileBytes}`, `--nproc=${tasks}`, "--", "nice", "-n", "10"],
    ...(sibling === undefined ? [] : ["setarch", personality(sibling), "--"]),
  ];
}

// Both always given: sbuild's own default for architecture-independent packages is "on".
function scope({ build, buildAny, buildAll }: BuildDescription): string[] {
  if (!buildAny && !buildAll) throw new Error(`build ${build} has nothing to build`);
  return [
    "--no-source",
    buildAny ? "--arch-any" : "--no-arch-any",
    buildAll ? "--arch-all" : "--no-arch-all",
  ];
}

/**
 * The call of lintian behind sbuild, in the system of its own that the place has, without the files that it shall read;
 * undefined when it is not wanted, or left to sbuild.
 */
export function lintianCommand(description: BuildDescription, place: SbuildPlace): Command | undefined {
  if (place.lintianRoot === undefined || description.qa.lintian.mode === "DISABLED") return undefined;
  const root = checked("path", place.lintianRoot, "lintian's system");
  const work = checked("path", place.workDir, "work directory");
  const words = ["/run/overlay/lintian", ...lintianWords(description)];
  return {
    env: { ...environment(description, work), HOME: "/tmp" },
    argv: [...limitPrefix(description), ...inLintianRoot(root, work, words)],
  };
}

function lintian(description: BuildDescription): string[] {
  if (description.qa.lintian.mode === "DISABLED") return ["--no-run-lintian"];
  return ["--run-lintian", ...lintianWords(description).map((word) => `--lintian-opt=${word}`)];
}

// All tags here are in lintian of Debian 11 to 13; it does nothing at all when it is told one that it does not know.

/** Object to distributions that Debian does not have, like all of ours. */
const OF_OUR_NAMES = ["bad-distribution-in-changes-file"];

/** Object to a changelog with the name that the upload had, as the .changes of the build has the one it stands for. */
const OF_MAPPED_NAMES = ["distribution-and-changes-mismatch", "distribution-and-experimental-mismatch"];

/** What the wrapper takes: the mode, then options of lintian. */
function lintianWords({
  qa,
  distribution,
  requestedDistribution = distribution,
}: BuildDescription): string[] {
  for (const option of qa.lintian.options) {
    if (isFailOnOption(option)) throw new Error(`lintian option ${option} is not allowed`);
  }
  const options = qa.lintian.options.map((option) => checked("lintianOption", option, "lintian option"));
  const tags = [...OF_OUR_NAMES, ...(requestedDistribution === distribution ? [] : OF_MAPPED_NAMES)];
  return [qa.lintian.mode, "--suppress-tags", tags.join(","), ...options];
}

function profiles({ tool }: BuildDescription): string[] {
  if (tool.debBuildProfiles.length === 0) return [];
  return [
    `--profiles=${tool.debBuildProfiles.map((name) => checked("buildProfile", name, "build profile")).join(",")}`,
  ];
}

const PERSONALITIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  amd64: { i386: "i686" },
  arm64: { armhf: "armv7l" },
};

function personality(name: string): string {
  if (Object.values(PERSONALITIES).some((siblings) => Object.values(siblings).includes(name))) return name;
  throw new Error(`unknown personality ${name}`);
}

/** How a machine of architecture `host` runs programs of `arch` (builds.md 3.3). */
export function executionOf(host: string, arch: string): { personality?: string; emulated: boolean } {
  if (host === arch) return { emulated: false };
  const sibling = PERSONALITIES[host]?.[arch];
  return sibling === undefined ? { emulated: true } : { personality: sibling, emulated: false };
}
