import type { OverlayFile } from "./overlay.ts";

/** Where the helpers are, seen from the work directory; stands first in the path of what sbuild starts. */
export const SBUILD_HELPERS = "helpers/sbuild";
/** Path of commands in a build, as sbuild has it by itself. */
export const BUILD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games";

/**
 * Takes the place of mount(8) when sbuild makes the namespace of a command. The last mount before it enters the chroot
 * is /proc. A mere chroot is no wall for its root, whose rights the scripts of build dependencies have; so everything but
 * the system's programs and this chroot is taken out of sight then (pivot_root(8)). Where that fails the chroot is hidden
 * as well: sbuild does not look at what became of a mount.
 */
const MOUNT = `#!/bin/sh
case "$1 $2 $3" in
  "-t proc proc") ;;
  *) exec /bin/mount "$@" ;;
esac
here=\${0%/*}
work=\${here%/helpers/*}
bed=\${4%/proc}
trap '[ $? = 0 ] || { echo "mini-buildd: the chroot has no wall" >&2; /bin/mount -t tmpfs tmpfs "$bed"; }' EXIT
set -e
/bin/mount "$@"
new=$work/tmp
/bin/mount -t tmpfs -o mode=755,size=4m tmpfs "$new"
for dir in bin sbin lib lib32 lib64 libx32 usr; do
  if [ -L "/$dir" ]; then
    ln -s "$(readlink "/$dir")" "$new/$dir"
  elif [ -d "/$dir" ]; then
    mkdir "$new/$dir"
    /bin/mount --rbind "/$dir" "$new/$dir"
  fi
done
: >"$new/chroot"
/bin/mount --bind /usr/sbin/chroot "$new/chroot"
/bin/mount --bind "$here/chroot" "$new/usr/sbin/chroot"
mkdir -p "$new/.old" "$new/proc" "$new$bed"
/bin/mount --rbind "$bed" "$new$bed"
/bin/mount --bind "$bed/proc" "$new/proc"
cd "$new"
pivot_root . .old
/bin/umount -l /.old
rmdir /.old
`;

/** What blocks add to the environment of a build (builds.md 11): directories, and variables of checked forms. */
export interface BuildEnvironment {
  readonly path: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * `chroot ROOT RUNUSER -u USER …` behind that wall: gives the command the path that it would have without these helpers,
 * and what blocks add, which are for the build, not for root: what root made in a cache, the build could not change.
 * On the host nothing sees the variables.
 */
const chroot = ({ path, variables }: BuildEnvironment): string => `#!/usr/bin/perl
$ENV{PATH} = '${BUILD_PATH}';
if (($ARGV[3] // '') ne 'root') {
${Object.entries({ PATH: [...path, BUILD_PATH].join(":"), ...variables })
  .map(([name, value]) => `  $ENV{${name}} = '${value}';\n`)
  .join("")}}
exec { "/chroot" } "chroot", @ARGV;
die "chroot: $!\\n";
`;

/** Files below `<W>/helpers`. */
export function sbuildHelpers(added: BuildEnvironment): OverlayFile[] {
  return [
    { path: "sbuild/mount", content: MOUNT, mode: 0o755 },
    { path: "sbuild/chroot", content: chroot(added), mode: 0o755 },
  ];
}
