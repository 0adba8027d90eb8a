import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { syncFileSystem } from "#platform";
import { runBootstrap } from "./bootstrap-run.ts";
import { type BootstrapPlan, bootstrapCommand } from "./mmdebstrap.ts";
import { lastWords } from "./pipe.ts";
import { NAMESPACE, removeNamespaceTree, type TarballDeps } from "./tarball.ts";

/**
 * The system that lintian of a release runs in: kept unpacked, one for each chroot, and used by all builds at once, as
 * nobody can change it. A build then neither installs lintian nor sees it.
 */
export interface LintianRootRequest {
  readonly plan: BootstrapPlan;
  /** Where it goes (`….lintian`); must not exist. */
  readonly dir: string;
  /** A directory of our own, made and removed here. */
  readonly workDir: string;
  readonly signal: AbortSignal;
}

/** Namespaces of a check: no network, no processes but its own; all of it ends with the first process. */
const BOX_NAMESPACES = ["--mount", "--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts"];

/**
 * Runs a program in the root as nobody, who may write to a directory of the attempt only, and sees of it no more than
 * overlay, results and sources, below /run. What the root misses of a system is mounted, in this namespace only. Sources
 * are copied: dpkg-source copies tarballs with their modes, and lintian cannot remove its copies of read-only ones.
 */
const BOX = `set -e
root=$1 work=$2
shift 2
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755,size=1m dev "$root/dev"
for name in null zero full random urandom; do
  : >"$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=755,size=1m run "$root/run"
temporary=$(mktemp -d "$work/root/lintian-XXXXXXXX")
chmod 1777 "$temporary"
sources=$(mktemp -d "$work/root/lintian-XXXXXXXX")
chmod 755 "$sources"
cp -r --reflink=auto --no-preserve=mode "$work/src/." "$sources"
mkdir "$root/run/overlay" "$root/run/out" "$root/run/src"
mount --bind "$work/overlay" "$root/run/overlay"
mount --bind "$work/out" "$root/run/out"
mount --bind "$sources" "$root/run/src"
mount --bind "$temporary" "$root/tmp"
mount --bind "$temporary" "$root/var/tmp"
exec setpriv --no-new-privs chroot --userspec=65534:65534 --groups=65534 "$root" "$@"`;

/** tar may end where the archive does; what pads it has to go somewhere, or its writer fails. */
const UNPACK = `tar -C "$1" --exclude='./dev/*' -xf -
exec cat >/dev/null`;

/**
 * The call of a program in a root. The work directory has `overlay`, `out` and `src`, seen as /run/overlay and so on,
 * and `root`, where temporary files go.
 */
export function inLintianRoot(root: string, workDir: string, command: readonly string[]): string[] {
  return [...NAMESPACE, ...BOX_NAMESPACES, "sh", "-c", BOX, "sh", root, workDir, ...command];
}

/**
 * Makes a root and runs its lintian once, just as builds will; only then it gets its name.
 * @throws Error saying what did not work; nothing is left behind
 */
export async function makeLintianRoot(deps: TarballDeps, request: LintianRootRequest): Promise<void> {
  const { plan, dir, workDir, signal } = request;
  const launch = deps.launch ?? [];
  const fresh = `${dir}.new`;
  try {
    await mkdir(workDir, { recursive: true });
    await mkdir(fresh, { mode: 0o755 });
    const unpack = [...launch, ...NAMESPACE, "sh", "-ec", UNPACK, "sh", fresh];
    const env = { HOME: workDir, TMPDIR: workDir };
    const command = [...launch, ...bootstrapCommand(plan, "lintian")];
    await runBootstrap(deps, command, unpack, { env, cwd: workDir, signal });
    await tryLintian(deps, fresh, workDir, signal);
    // A root that a power cut left half written would look whole.
    await syncFileSystem(deps.exec, fresh);
    await rename(fresh, dir);
  } finally {
    await removeNamespaceTree(deps, fresh);
    await removeNamespaceTree(deps, workDir);
  }
}

async function tryLintian(
  { exec, launch = [] }: TarballDeps,
  root: string,
  workDir: string,
  signal: AbortSignal,
): Promise<void> {
  for (const name of ["overlay", "out", "src", "root"]) await mkdir(join(workDir, name));
  const [program = "", ...args] = [
    ...launch,
    ...inLintianRoot(root, workDir, ["lintian", "--print-version"]),
  ];
  const result = await exec(program, args, { signal, env: { HOME: "/tmp" } });
  if (result.exitCode !== 0) throw new Error(`its lintian does not run: ${lastWords(result.stderr)}`);
}
