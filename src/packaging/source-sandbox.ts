import { type Exec, type ExecResult, execOk, type Home } from "#platform";

const TIMEOUT_MS = 10 * 60 * 1000;
const LIMITS = ["--core=0", `--fsize=${20 * 1024 ** 3}`, `--as=${8 * 1024 ** 3}`, "--nproc=4096"];

/**
 * Runs a Debian source tool on untrusted source: no network, own user, mount and pid namespace, and of the home only the
 * one work directory (seen as /mnt): keys, database and store are out of its sight.
 */
export type SourceTool = (workDir: string, subDir: string, command: readonly string[]) => Promise<ExecResult>;

export function createSourceTool(
  exec: Exec,
  home: Home,
  env: Readonly<Record<string, string>> = {},
): SourceTool {
  // The order matters: bind what is needed before the home disappears.
  const script =
    'mount --bind "$1" /mnt && mount -t tmpfs -o mode=0755 tmpfs "$2" && cd "/mnt/$3" && shift 3 && exec "$@"';
  return (workDir, subDir, command) =>
    execOk(
      exec,
      "unshare",
      [
        ...["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--"],
        ...["sh", "-c", script, "sh", workDir, home.root, subDir],
        ...["prlimit", ...LIMITS, "--", ...command],
      ],
      { timeoutMs: TIMEOUT_MS, env: { HOME: "/nonexistent", ...env } },
    );
}
