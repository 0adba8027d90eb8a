import { AUTOPKGTEST_HELPERS } from "./autopkgtest-helpers.ts";
import type { OverlayFile } from "./overlay.ts";

/**
 * Programs of `<W>/helpers`, for the checks after a good build (builds.md 8.2, 8.3). They run on the host, in user
 * namespaces without rights outside, and are given nothing but paths and names that were checked before.
 */

/**
 * `piuparts-start WORK TARBALL ARCH CODENAME PACKAGE…`. piuparts wants root: it gets that of a user namespace which does
 * not know the service user, so that whoever breaks out of its chroot has rights to nothing. The directory it works in
 * is given to that root before; 1 is the first subordinate id, which is 0 in mmdebstrap's namespace.
 */
const PIUPARTS_START = `#!/bin/sh
set -e
mkdir "$1/piu"
unshare --map-root-user --map-auto chown 1:1 "$1/piu"
exec mmdebstrap --unshare-helper unshare --mount --pid --fork --uts --ipc -- sh "$1/helpers/piuparts-run" "$@"
`;

/**
 * The end line tells the exit status: the helper turns every failure into 25. Packages of debug symbols are left out:
 * they only add files. To tell others' left-overs apart, piuparts first installs what a package depends on, from the
 * archives only: so that goes with a single package, not with several that may depend on each other.
 */
const PIUPARTS_RUN = `#!/bin/sh
set -e
umask 022
work=$1 tarball=$2 arch=$3 codename=$4
shift 4
base=$work/piu/base
mkdir "$base" "$work/piu/work"
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
    "piuparts-run": PIUPARTS_RUN,
    "piuparts/mount": MOUNT,
    "piuparts/umount": UMOUNT,
    ...AUTOPKGTEST_HELPERS,
  };
  return Object.entries(files).map(([path, content]) => ({ path, content, mode: 0o755 }));
}
