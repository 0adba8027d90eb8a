import { type BuildDescription, dscName } from "./build-description.ts";
import { checked } from "./patterns.ts";
import { type CheckTool, PACKAGES_WORD, type RunnerCheck, type RunnerChecks } from "./runner/task.ts";
import { limitPrefix } from "./sbuild-command.ts";
import { OVERLAY_MOUNT } from "./sbuildrc.ts";

export interface CheckPlace {
  readonly workDir: string;
  /** Absolute path of the chroot tarball. */
  readonly tarball: string;
  readonly personality?: string | undefined;
  /** How much more time an emulated build gets. */
  readonly timeFactor: number;
}

const SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
/** A check may take so long (builds.md 9). */
export const CHECK_SECONDS = 3 * 3600;
/** Of that, for installing what the tests depend on; autopkgtest's own default. */
const INSTALL_SECONDS = 3000;

/** The checks that are wanted after a good build, in their order (builds.md 8.2, 8.3). */
export function checksOf(description: BuildDescription, place: CheckPlace): RunnerChecks {
  const { experimental, lintian } = description.qa;
  const steps = [autopkgtest(description, place), piuparts(description, place)];
  return {
    experimental,
    lintianMode: lintian.mode,
    steps: steps.filter(({ mode }) => mode !== "DISABLED"),
  };
}

function autopkgtest(description: BuildDescription, place: CheckPlace): RunnerCheck {
  const work = checked("path", place.workDir, "work directory");
  const tarball = checked("path", place.tarball, "tarball");
  const { installSeconds, testSeconds } = times(place);
  return {
    ...common("autopkgtest", description, place),
    programs: ["autopkgtest", "autopkgtest-virt-unshare", "unshare"],
    env: environment(work, `${work}/helpers/autopkgtest`, { TMPDIR: `${work}/autopkgtest` }),
    argv: [
      ...limitPrefix(description, place.personality),
      "sh",
      `${work}/helpers/autopkgtest/start`,
      work,
      tarball,
      "autopkgtest",
      `--summary-file=${work}/autopkgtest.summary`,
      "--no-built-binaries",
      `--timeout-test=${testSeconds}`,
      `--timeout-install=${installSeconds}`,
      `--copy=${work}/overlay:${OVERLAY_MOUNT}`,
      // A setup that ends with 100, as apt does, would count as a bad package.
      `--setup-commands=${OVERLAY_MOUNT}/setup || exit 1`,
      `${work}/src/${checked("fileName", dscName(description), "file name")}`,
      PACKAGES_WORD,
      "--",
      "unshare",
      `--arch=${arch(description)}`,
      `--release=${codename(description)}`,
      `--tarball=${tarball}`,
      `--prefix=${work}/root/adt.`,
    ],
  };
}

function piuparts(description: BuildDescription, place: CheckPlace): RunnerCheck {
  const work = checked("path", place.workDir, "work directory");
  return {
    ...common("piuparts", description, place),
    programs: ["piuparts", "unshare"],
    // The home of the service user is closed to the root that runs it.
    env: { ...environment(work), HOME: `${work}/piu` },
    argv: [
      ...limitPrefix(description, place.personality),
      "sh",
      `${work}/helpers/piuparts-start`,
      work,
      checked("path", place.tarball, "tarball"),
      arch(description),
      codename(description),
      PACKAGES_WORD,
    ],
  };
}

function common(tool: CheckTool, { qa }: BuildDescription, { timeFactor }: CheckPlace) {
  return { tool, mode: qa[tool].mode, seconds: CHECK_SECONDS * timeFactor };
}

function times({ timeFactor }: CheckPlace) {
  return {
    installSeconds: INSTALL_SECONDS * timeFactor,
    testSeconds: (CHECK_SECONDS - INSTALL_SECONDS) * timeFactor,
  };
}

function environment(work: string, first?: string, more: Record<string, string> = {}) {
  return {
    PATH: first === undefined ? SYSTEM_PATH : `${first}:${SYSTEM_PATH}`,
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    HOME: `${work}/home`,
    ...more,
  };
}

const arch = (description: BuildDescription) => checked("arch", description.arch, "architecture");
const codename = (description: BuildDescription) => checked("codename", description.codename, "codename");
