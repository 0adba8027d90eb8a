import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReadyChroot } from "#chroots";
import {
  type BlobStore,
  type Exec,
  exists,
  hasCode,
  MbdError,
  removeTree,
  unlinkIfPresent,
  writeFileAtomic,
} from "#platform";
import { blockEnvironment, cacheMounts, makeCaches } from "./build-blocks.ts";
import type { BuildDescription, BuildLimits } from "./build-description.ts";
import { CHECK_SECONDS, checksOf } from "./check-commands.ts";
import { checkHelpers } from "./check-helpers.ts";
import { overlayFiles, readResolvConf, writeOverlay } from "./overlay.ts";
import { removeAll } from "./runner/leftovers.ts";
import { type CgroupPlaces, type RunnerLimits, type RunnerTask, WORK_FILES } from "./runner/task.ts";
import { executionOf, lintianCommand, sbuildCommand } from "./sbuild-command.ts";
import { USERNSEXEC } from "./sbuild-env.ts";
import { sbuildHelpers } from "./sbuild-helpers.ts";
import { sbuildrc } from "./sbuildrc.ts";

export interface WorkPlan {
  readonly workDir: string;
  readonly description: BuildDescription;
  readonly chroot: ReadyChroot;
  readonly hostArch: string;
  readonly cgroups: CgroupPlaces;
  readonly leasedAt: string;
  /** Where caches of builds are. */
  readonly cacheDir: string;
}

/** sbuild's own limit covers dpkg-buildpackage only; the runner's the whole run, and leaves sbuild time to act. */
const STALLED_GRACE_SECONDS = 600;
/** Emulated builds get so much more time (builds.md 3.3). */
const EMULATED = 4;

/** Makes the work directory of a new attempt (builds.md 5.1); the task of the runner is written last. */
export async function prepareWorkDir(
  plan: WorkPlan,
  { blobs, exec }: { readonly blobs: BlobStore; readonly exec: Exec },
): Promise<RunnerTask> {
  const { workDir } = plan;
  const { personality, emulated } = executionOf(plan.hostArch, plan.description.arch);
  const timeFactor = emulated ? EMULATED : 1;
  const description = { ...plan.description, limits: scaled(plan.description.limits, timeFactor) };
  await makeDir(workDir, 0o755);
  for (const name of ["src", "out", "root", "tmp"]) await makeDir(join(workDir, name), 0o755);
  await makeDir(join(workDir, "home"), 0o700);
  await placeSources(description, join(workDir, "src"), blobs);
  await writeOverlay(join(workDir, "overlay"), overlayFiles(description, await readResolvConf()));
  const caches = cacheMounts(description, plan.cacheDir);
  await makeCaches(exec, caches);
  await writeFile(join(workDir, "sbuildrc"), sbuildrc(workDir, description.limits, caches), { flag: "wx" });
  await writeFile(join(workDir, WORK_FILES.log), "", { flag: "wx" });
  const resolver = description.tool.resolver === "auto" ? "apt" : description.tool.resolver;
  const { tarball, lintianRoot } = plan.chroot;
  const place = { workDir, tarball, lintianRoot, resolver, personality, timeFactor };
  const lintian = lintianCommand(description, place);
  const checks = checksOf(description, place);
  const helpers = [
    ...sbuildHelpers(
      blockEnvironment(description),
      caches.map(({ directory }) => directory),
      await exists(USERNSEXEC),
    ),
    ...(checks.steps.length > 0 ? checkHelpers() : []),
  ];
  await writeOverlay(join(workDir, "helpers"), helpers);
  const task: RunnerTask = {
    build: description.build,
    attempt: description.attempt,
    fence: description.fence,
    run: 1,
    resolver,
    chrootStamp: plan.chroot.stamp,
    leasedAt: plan.leasedAt,
    ...sbuildCommand(description, place),
    ...(lintian === undefined ? {} : { lintian: { ...lintian, seconds: CHECK_SECONDS } }),
    limits: runnerLimits(description.limits),
    cgroups: plan.cgroups,
    ...(description.apt.proxy === undefined ? {} : { proxyPort: description.apt.proxy.port }),
    checks,
    description,
  };
  await writeTask(workDir, task);
  return task;
}

/** Makes the directory ready for a second run of the same attempt with another resolver; the log goes on. */
export async function prepareSecondRun(
  workDir: string,
  task: RunnerTask,
  resolver: "aptitude",
): Promise<RunnerTask> {
  const argv = task.argv.map((word) =>
    word.startsWith("--build-dep-resolver=") ? `--build-dep-resolver=${resolver}` : word,
  );
  const next: RunnerTask = { ...task, argv, resolver, run: task.run + 1 };
  await removeTree(join(workDir, "out"));
  await makeDir(join(workDir, "out"), 0o755);
  await writeTask(workDir, next);
  await unlinkIfPresent(join(workDir, WORK_FILES.result));
  await unlinkIfPresent(join(workDir, WORK_FILES.runner));
  return next;
}

/** Ends and removes all of an attempt. */
export async function removeWorkDir(workDir: string): Promise<void> {
  if (!(await exists(workDir))) return;
  await removeAll(workDir);
}

/** The task in a work directory, if one was completely written. It is our own file, below a directory only we write to. */
export async function readTask(workDir: string): Promise<RunnerTask | undefined> {
  try {
    return JSON.parse(await readFile(join(workDir, WORK_FILES.task), "utf8")) as RunnerTask;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function writeTask(workDir: string, task: RunnerTask): Promise<void> {
  await writeFileAtomic(join(workDir, WORK_FILES.task), `${JSON.stringify(task)}\n`);
}

async function makeDir(path: string, mode: number): Promise<void> {
  await mkdir(path);
  await chmod(path, mode);
}

async function placeSources(description: BuildDescription, dir: string, blobs: BlobStore): Promise<void> {
  for (const { name, sha256, sizeBytes } of description.files) {
    const whole = (await blobs.has(sha256)) && (await blobs.verify({ sha256, sizeBytes }));
    if (!whole) throw new MbdError("not_available", { what: `Source file ${name} (${sha256})` });
    await place(blobs, sha256, join(dir, name));
  }
}

async function place(blobs: BlobStore, sha256: string, path: string): Promise<void> {
  try {
    await blobs.linkTo(sha256, path);
  } catch (error) {
    // The store on another file system than the work directory, or one without hard links.
    if (!hasCode(error, "EXDEV") && !hasCode(error, "EPERM") && !hasCode(error, "EMLINK")) throw error;
    await copyFile(blobs.path(sha256), path);
  }
}

function scaled(limits: BuildLimits, factor: number): BuildLimits {
  return {
    ...limits,
    totalSeconds: limits.totalSeconds * factor,
    stalledMinutes: limits.stalledMinutes * factor,
  };
}

function runnerLimits(limits: BuildLimits): RunnerLimits {
  return {
    totalSeconds: limits.totalSeconds,
    stalledSeconds: limits.stalledMinutes * 60 + STALLED_GRACE_SECONDS,
    logBytes: limits.logBytes,
    diskFreeBytes: limits.diskFreeBytes,
    tasks: limits.tasks,
    memoryBytes: limits.memoryBytes ?? null,
  };
}
