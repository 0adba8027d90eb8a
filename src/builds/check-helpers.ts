import { AUTOPKGTEST_HELPERS } from "./autopkgtest-helpers.ts";
import { SHOW_DEVICES, SHOW_PROGRAMS, showPaths, showSettings, TURN } from "./check-wall.ts";
import type { OverlayFile } from "./overlay.ts";
import { NO_WALL } from "./piuparts-run.ts";
import { CLIMB } from "./setup-script.ts";

/**
 * Programs of `<W>/helpers`, for the checks after a good build (builds.md 8.2, 8.3). They run on the host, in user
 * namespaces, behind walls, and are given nothing but paths and names that were checked before.
 */

/**
 * `piuparts-start WORK TARBALL ARCH CODENAME PACKAGE…`. piuparts wants root: it gets that of a user namespace which does
 * not know the service user. The directory it works in is given to that root before; 1 is the first subordinate id, which
 * is 0 there. All mounts are made in the first and only mount namespace of that root: newer kernels hand it the others
 * that it owns (ioctl_nsfs(2)), and none may have the host in it. unshare(1) cannot keep its word to kill the child when
 * it has changed the child's user, so that is done by one before it.
 */
const PIUPARTS_START = `#!/bin/sh
set -e
mkdir "$1/piu"
unshare --map-root-user --map-auto chown 1:1 "$1/piu"
exec unshare --map-auto --setuid 0 --setgid 0 -- \\
  unshare --mount --pid --fork --kill-child --uts --ipc -- sh "$1/helpers/piuparts-wall" "$@"
`;

/**
 * The same words: piuparts behind its wall. Scripts of packages are root in its chroots, which are no wall for root, and
 * other builds have the same ids: so there is nothing around them but the system's programs and this build. That root may
 * change these mounts, but behind them is nothing, and but for `piu` all that they show belongs to users whom it does
 * not know. This shell is the first process of its namespace: all others end with it.
 */
const PIUPARTS_WALL = `#!/bin/sh
set -e
work=$1 tarball=$2
new=$work/tmp
mount -t tmpfs -o mode=755,size=4m tmpfs "$new"
${SHOW_PROGRAMS}
${SHOW_DEVICES}
mkdir "$new/proc"
mount -t proc proc "$new/proc"
${showSettings(["piuparts"], ["debian_version", "lsb-release", "os-release", "resolv.conf"])}
mkdir -p "$new/etc/apt/apt.conf.d" "\${new}\${tarball%/*}" "$work/piu/tmp"
ln -s "$work/piu/tmp" "$new/tmp"
${showPaths({
  directories: ['"$work/piu"', '"$work/out"', '"$work/overlay"', '"$work/helpers"'],
  files: ['"$tarball"'],
  readOnly: ['"$work/out"', '"$work/overlay"', '"$work/helpers"', '"$tarball"'],
})}
${TURN}
cd "$work"
exec sh "$work/helpers/piuparts-run" "$@"
`;

/**
 * Behind the wall; without one it does not begin (the sources of the build are not shown there). The end line tells that
 * piuparts came to its end, and how. Packages of debug symbols are left out: they only add files. To tell others'
 * left-overs apart, piuparts first installs what a package depends on, from the archives only: so that goes with a single
 * package, not with several that may depend on each other.
 */
const PIUPARTS_RUN = `#!/bin/sh
set -e
umask 022
work=$1 tarball=$2 arch=$3 codename=$4
shift 4
base=$work/piu/base
mkdir "$base" "$work/piu/work"
if ! perl -e '${CLIMB}' "$work/piu/work" "$work/src"; then
  echo '${NO_WALL}'
  exit 1
fi
tar -C "$base" -xf "$tarball" --exclude='./dev/*'
mkdir -p "$base/dev/pts" "$base/dev/shm"
for node in ptmx null zero full random urandom tty; do : >"$base/dev/$node"; done
rm -rf "$base"/etc/apt/sources.list* "$base"/etc/apt/preferences*
cp -R "$work/overlay/apt/." "$base/etc/apt/"
if ! [ -s "$base/etc/resolv.conf" ] && [ -e "$work/overlay/resolv.conf" ]; then
  cp "$work/overlay/resolv.conf" "$base/etc/resolv.conf"
fi
for package; do
  shift
  case $package in *-dbgsym_*) ;; *) set -- "$@" "$package" ;; esac
done
others=
[ "$#" -ne 1 ] || others=--warn-on-others
PATH=$work/helpers/piuparts:$PATH
export PATH
status=0
piuparts --existing-chroot="$base" --tmpdir="$work/piu/work" --arch="$arch" --distribution="$codename" \\
  --no-eatmydata --keep-sources-list $others "$@" || status=$?
echo "MBD-PIUPARTS end exit=$status"
exit "$status"
`;

/** Device nodes cannot be made in a user namespace: they are bound from outside, as long as /dev/pts is mounted. */
const MOUNT = `#!/bin/sh
/bin/mount "$@" || exit
for last; do :; done
case $last in
  */dev/pts)
    for node in null zero full random urandom tty; do
      /bin/mount --bind "/dev/$node" "\${last%/pts}/$node" || exit
    done ;;
esac
`;

const UMOUNT = `#!/bin/sh
for last; do :; done
case $last in
  */dev/pts)
    for node in null zero full random urandom tty; do
      /bin/umount "\${last%/pts}/$node" || exit
    done ;;
esac
exec /bin/umount "$@"
`;

/** Files below `<W>/helpers`; those of a directory stand first in the path of that tool. */
export function checkHelpers(): OverlayFile[] {
  const files = {
    "piuparts-start": PIUPARTS_START,
    "piuparts-wall": PIUPARTS_WALL,
    "piuparts-run": PIUPARTS_RUN,
    "piuparts/mount": MOUNT,
    "piuparts/umount": UMOUNT,
    ...AUTOPKGTEST_HELPERS,
  };
  return Object.entries(files).map(([path, content]) => ({ path, content, mode: 0o755 }));
}
