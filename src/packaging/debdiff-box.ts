import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Exec, ExecResult } from "#platform";

/**
 * Where debdiff looks at sources that nobody vouches for, for anybody who asks: a root of its own that holds the
 * programs of the machine and the two sources, both read only, and room in memory to unpack them. A link in a source
 * leads nowhere else, /proc is not there, and privileges are given away before anything is unpacked. No network.
 */

export interface BoxLimits {
  /** For all that is unpacked, and the text. */
  readonly unpackedBytes: number;
  readonly textBytes: number;
  readonly timeoutMs: number;
}

export interface BoxedDiff extends ExecResult {
  /** More than was asked for is left out. */
  readonly isCut: boolean;
  /** Something could not be compared, as stderr says. */
  readonly isIncomplete: boolean;
}

const NAMESPACES = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child"];
const LIMITS = ["--core=0", `--as=${2 * 1024 ** 3}`, "--nproc=4096"];

/** Arguments: work directory, bytes, command. */
const ENTER = `set -e
root=$1/root
mkdir "$root"
mount -t tmpfs -o "size=$2,mode=0755" tmpfs "$root"
cd "$root"
mkdir usr etc dev in tmp
mount --rbind /usr usr
mount -o remount,bind,ro usr
mount --bind "$1/in" in
mount -o remount,bind,ro in
for name in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$name" ]; then cp -P "/$name" "$name"
  elif [ -d "/$name" ]; then mkdir "$name"; mount --bind "/$name" "$name"; fi
done
for name in alternatives dpkg perl; do [ ! -d "/etc/$name" ] || cp -r "/etc/$name" etc; done
: >dev/null
mount --bind /dev/null dev/null
shift 2
exec chroot . setpriv --no-new-privs --inh-caps=-all --bounding-set=-all -- "$@"`;

/** Arguments: bytes of text, the two .dsc. Exit codes of debdiff: 0 the same, 1 different, 141 nobody reads on. */
const COMPARE = `{ debdiff --no-conf "$2" "$3"; echo $? >/tmp/status; } | LC_ALL=C sed "s/^diff --no-dereference -Nru /diff -Nru /" | head -c "$1"
read -r status </tmp/status
case $status in 0 | 1 | 141) ;; *) exit 2 ;; esac
[ ! -e /tmp/incomplete ] || exit 3`;

/** Follows no link: what one leads to is no part of the source. */
const DIFF = `#!/bin/sh
/usr/bin/diff --no-dereference "$@"
status=$?
[ $status -le 1 ] || : >/tmp/incomplete
exit $status
`;

const INCOMPLETE = 3;

/** Puts what else the box needs beside the sources in `<workDir>/in`. */
export async function prepareBox(workDir: string): Promise<void> {
  const bin = join(workDir, "in", "bin");
  await mkdir(bin);
  await writeFile(join(bin, "diff"), DIFF);
  await chmod(join(bin, "diff"), 0o755);
}

/** `older`, `newer`: paths of .dsc files below `<workDir>/in`, with their files beside them. */
export async function runBox(
  exec: Exec,
  workDir: string,
  [older, newer]: readonly [string, string],
  limits: BoxLimits,
): Promise<BoxedDiff> {
  const compare = ["sh", "-c", COMPARE, "sh", `${limits.textBytes + 1}`, `/in/${older}`, `/in/${newer}`];
  const result = await exec(
    "unshare",
    [
      ...[...NAMESPACES, "--", "sh", "-c", ENTER, "sh", workDir, `${limits.unpackedBytes}`],
      ...["prlimit", ...LIMITS, "--", ...compare],
    ],
    {
      timeoutMs: limits.timeoutMs,
      ownGroup: true,
      // Counted in characters; a byte that is none becomes one.
      maxOutputBytes: limits.textBytes + 64 * 1024,
      env: { HOME: "/tmp", TMPDIR: "/tmp", PATH: "/in/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    },
  );
  return {
    ...result,
    exitCode: result.exitCode === INCOMPLETE ? 0 : result.exitCode,
    isIncomplete: result.exitCode === INCOMPLETE,
    isCut: Buffer.byteLength(result.stdout) > limits.textBytes,
  };
}
