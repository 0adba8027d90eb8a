import { type BuildEnvironment, environmentInPerl } from "./build-environment.ts";
import type { OverlayFile } from "./overlay.ts";
import { sbuildShell } from "./sbuild-shell.ts";

/** Where the helpers are, seen from the work directory; stands first in the path of what sbuild starts. */
export const SBUILD_HELPERS = "helpers/sbuild";

/**
 * Takes the place of mount(8) where sbuild makes the namespace of a command by its own script (see `sbuild-shell.ts`).
 * The last mount before it enters the chroot is /proc. A mere chroot is no wall for its root, whose rights the scripts of
 * build dependencies have; so everything but the system's programs and this chroot is taken out of sight then
 * (pivot_root(8)). Where that fails the chroot is hidden as well: sbuild does not look at what became of a mount.
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

/** `chroot ROOT RUNUSER -u USER …` behind that wall. On the host nothing sees what it sets. */
const chroot = (added: BuildEnvironment): string => `#!/usr/bin/perl
${environmentInPerl(added, "($ARGV[3] // '')")}
exec { "/chroot" } "chroot", @ARGV;
die "chroot: $!\\n";
`;

/** Files below `<W>/helpers`. */
export function sbuildHelpers(added: BuildEnvironment): OverlayFile[] {
  return [
    { path: "sbuild/mount", content: MOUNT, mode: 0o755 },
    { path: "sbuild/chroot", content: chroot(added), mode: 0o755 },
    { path: "sbuild/sh", content: sbuildShell(added), mode: 0o755 },
  ];
}
