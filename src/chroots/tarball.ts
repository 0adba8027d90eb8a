import { mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Exec, exists, removeTree, syncDir, unlinkIfPresent } from "#platform";
import { type BootstrapRunDeps, runBootstrap } from "./bootstrap-run.ts";
import { type BootstrapPlan, blockTexts, bootstrapCommand } from "./mmdebstrap.ts";
import { lastWords } from "./pipe.ts";

export interface TarballDeps extends BootstrapRunDeps {
  readonly exec: Exec;
  /** Put in front of each command that works on chroots; tests stand in for the tools with it. */
  readonly launch?: readonly string[];
}

export interface TarballRequest {
  readonly plan: BootstrapPlan;
  /** `setarch …` for a 32-bit sibling. */
  readonly prefix: readonly string[];
  /** Where the finished tarball goes (`….tar.zst`); must not exist. */
  readonly file: string;
  /** A directory of our own for the unpacked chroots, made and removed here. */
  readonly workDir: string;
  readonly signal: AbortSignal;
  /** Told when a step is done. */
  readonly onStep?: (step: "prepare" | "check") => void;
}

/** Root of this namespace is the service user outside, all its other users are subordinate ones (unshare(1)). */
export const NAMESPACE = ["unshare", "--user", "--map-root-user", "--map-auto"] as const;

/** Unpacks without devices, which cannot be made in a namespace; tells architecture and packages of the chroot. */
const TEST_START = `set -e
zstd -dc -- "$2" | tar -C "$1" --exclude='./dev/*' -xf -
chroot "$1" dpkg --print-architecture
cat "$1/var/lib/dpkg/status"`;

/**
 * Makes a chroot tarball with mmdebstrap, tries it, and only then gives it its name. Returns what is installed in it, as
 * dpkg's file `status` says.
 * @throws Error saying what did not work; nothing is left behind
 */
export async function makeTarball(deps: TarballDeps, request: TarballRequest): Promise<string> {
  const { file, workDir, plan, prefix, signal } = request;
  const launch = [...(deps.launch ?? []), ...prefix];
  const fresh = `${file}.new`;
  try {
    await mkdir(workDir, { recursive: true });
    const env = { HOME: workDir, TMPDIR: workDir, ...blockTexts(plan) };
    const compress = ["zstd", "-q", "-3", "-T0", "-o", fresh];
    await runBootstrap(deps, [...launch, ...bootstrapCommand(plan)], compress, { env, cwd: workDir, signal });
    request.onStep?.("prepare");
    const status = await tryTarball(deps, { ...request, file: fresh }, launch);
    request.onStep?.("check");
    await syncFile(fresh);
    await rename(fresh, file);
    await syncDir(dirname(file));
    return status;
  } finally {
    await unlinkIfPresent(fresh);
    await removeNamespaceTree(deps, workDir);
  }
}

async function tryTarball(
  deps: TarballDeps,
  request: TarballRequest,
  launch: readonly string[],
): Promise<string> {
  const { plan, signal } = request;
  const root = join(request.workDir, "test-start");
  await mkdir(root);
  const script = ["sh", "-c", TEST_START, "sh", root, request.file];
  const [program = "", ...args] = [...launch, ...NAMESPACE, ...script];
  const result = await deps.exec(program, args, { signal, env: { TMPDIR: request.workDir } });
  if (result.exitCode !== 0) throw new Error(`it does not start: ${lastWords(result.stderr)}`);
  const [arch = "", ...status] = result.stdout.split("\n");
  if (arch !== plan.arch) throw new Error(`its architecture is '${arch}' instead of '${plan.arch}'`);
  return status.join("\n");
}

/** Removes what a chroot left: its files belong to subordinate users, so it takes a namespace of theirs. */
export async function removeNamespaceTree(deps: TarballDeps, dir: string): Promise<void> {
  if (!(await exists(dir))) return;
  const [program, ...args] = [...(deps.launch ?? []), ...NAMESPACE, "rm", "-rf", "--", dir];
  await deps.exec(program ?? "unshare", args);
  await removeTree(dir);
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
