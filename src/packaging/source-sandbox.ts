import { type Exec, type ExecResult, execOk, type Home } from "#platform";
import { SOURCE_LIMITS, type SourceLimits, withinLimits } from "./source-limits.ts";

const LIMITS = ["--core=0", `--fsize=${20 * 1024 ** 3}`, `--as=${8 * 1024 ** 3}`, "--nproc=4096"];

/**
 * Runs a Debian source tool on untrusted source: no network, own user, mount and pid namespace, and of the home only the
 * one work directory (seen as /mnt): keys, database and store are out of its sight. What the directory may hold is limited.
 * @throws MbdError source_too_large, tool_failed
 */
export type SourceTool = (
  workDir: string,
  subDir: string,
  command: readonly string[],
  signal?: AbortSignal,
) => Promise<ExecResult>;

export function createSourceTool(exec: Exec, home: Home, changed: Partial<SourceLimits> = {}): SourceTool {
  const limits = { ...SOURCE_LIMITS, ...changed };
  // The order matters: bind what is needed before the home disappears.
  const script =
    'mount --bind "$1" /mnt && mount -t tmpfs -o mode=0755 tmpfs "$2" && cd "/mnt/$3" && shift 3 && exec "$@"';
  return (workDir, subDir, command, signal = new AbortController().signal) => {
    const args = [
      ...["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--"],
      ...["sh", "-c", script, "sh", workDir, home.root, subDir],
      ...["prlimit", ...LIMITS, "--", ...command],
    ];
    // Temporary files count, too.
    const env = { HOME: "/nonexistent", TMPDIR: "/mnt" };
    const watched: Exec = (file, given, options) =>
      withinLimits(exec, workDir, limits, (tooMuch) =>
        exec(file, given, { ...options, signal: AbortSignal.any([signal, tooMuch]) }),
      );
    // unshare does not hear SIGTERM, and killed while it begins it leaves the tool behind, whatever --kill-child promises.
    return execOk(watched, "unshare", args, { timeoutMs: limits.timeoutMs, ownGroup: true, env });
  };
}

/** Where a new entry waits beside the unpacked tree. */
export const ENTRY_FILE = "mini-buildd-entry";

// debian/changelog is untrusted like all of the tree: it may be a link to anything, so it is read and written only in
// here, and only as a plain file in a plain directory.
const PLAIN = "[ -d debian ] && [ ! -L debian ] && [ -f debian/changelog ] && [ ! -L debian/changelog ]";
const READ = `${PLAIN} && exec cat debian/changelog`;
const PREPEND = `${PLAIN} && cat ../${ENTRY_FILE} debian/changelog >../${ENTRY_FILE}.new && exec cp ../${ENTRY_FILE}.new debian/changelog`;

/** The text of `tree/debian/changelog`. @throws MbdError tool_failed when it is not a plain file */
export async function readChangelog(tool: SourceTool, workDir: string): Promise<string> {
  return (await tool(workDir, "tree", ["sh", "-c", READ])).stdout;
}

/** Puts the text of ENTRY_FILE in front of `tree/debian/changelog`. */
export async function prependChangelog(tool: SourceTool, workDir: string): Promise<void> {
  await tool(workDir, "tree", ["sh", "-c", PREPEND]);
}
