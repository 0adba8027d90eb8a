import { SHOW_DEVICES, SHOW_PROGRAMS, showPaths, showSettings, TURN } from "./check-wall.ts";

/** `autopkgtest-start WORK TARBALL COMMAND…`: the command behind its wall; 16 is what a failed test bed ends with. */
const START = `#!/bin/sh
here=$1/helpers/autopkgtest
sed '/downtmp-host=/d' /usr/bin/autopkgtest-virt-unshare >"$here/server" || exit 16
sed 's/ --cgroup / /' /usr/share/autopkgtest/lib/unshare-helper >"$here/unshare-helper" || exit 16
chmod 755 "$here/unshare-helper" || exit 16
mkdir "$1/autopkgtest" || exit 16
: >"$1/autopkgtest.summary" || exit 16
exec /usr/bin/unshare --map-root-user --map-auto --mount --pid --fork --kill-child -- sh "$here/wall" "$@"
`;

/**
 * `wall WORK TARBALL COMMAND…`. autopkgtest unpacks and reads what its test beds send, as the service user, in directories
 * that earlier tests have filled: links there lead wherever they want. So it sees programs and what it needs of the work
 * directory, and may write to test beds and its own files only. It runs in another namespace than the one that made these
 * mounts: nobody behind the wall may change them. Tests cannot make namespaces of control groups, by which they could
 * mount those of their own build. This shell is the first process of its namespace: all others end with it.
 */
const WALL = `#!/bin/sh
trap 'exit 16' EXIT
set -e
work=$1 tarball=$2
shift 2
new=$work/tmp
mount -t tmpfs -o mode=755,size=4m tmpfs "$new"
${SHOW_PROGRAMS}
${SHOW_DEVICES}
mkdir "$new/proc" "$new/sys"
mount -t proc proc "$new/proc"
echo 0 >"$new/proc/sys/user/max_cgroup_namespaces"
mount --rbind /sys "$new/sys"
[ ! -d /sys/fs/cgroup ] || mount -t tmpfs -o ro,size=4k tmpfs "$new/sys/fs/cgroup"
${showSettings()}
echo root:1:65535 | tee "$new/etc/subuid" >"$new/etc/subgid"
mkdir -p "$new$work/home" "$new$work/tmp" "\${new}\${tarball%/*}"
ln -s "$work/autopkgtest" "$new/tmp"
${showPaths({
  directories: ["src", "out", "overlay", "helpers", "root", "autopkgtest"].map((name) => `"$work/${name}"`),
  files: ['"$work/autopkgtest.summary"', '"$tarball"'],
  readOnly: [...["src", "out", "overlay", "helpers"].map((name) => `"$work/${name}"`), '"$tarball"'],
})}
${TURN}
mount -o remount,ro /
cd "$work"
trap - EXIT
set +e
/usr/bin/unshare --map-root-user --map-auto --mount -- "$@"
exit $?
`;

/**
 * Takes the place of unshare(1) for autopkgtest, whose test beds have the service user as their root: before one is
 * entered, everything but the system's programs and the test bed itself is taken out of sight. A mere chroot, which
 * autopkgtest makes of it, is no wall for root.
 */
const UNSHARE = `#!/bin/sh
here=\${0%/*}
begun=
for word; do
  shift
  set -- "$@" "$word"
  if [ -z "$begun" ] && [ "$word" = -- ]; then
    begun=yes
    set -- "$@" sh "$here/enter" "\${here%/helpers/*}"
  fi
done
exec /usr/bin/unshare "$@"
`;

/** `enter WORK HELPER TEST-BED …`, behind the wall: a root of only what the helper needs. Ours stands for autopkgtest's. */
const ENTER = `#!/bin/sh
set -e
work=$1 bed=$3
shift 2
case $bed in
  "$work"/root/adt.*) ;;
  *) echo "mini-buildd: $bed is not a test bed" >&2; exit 125 ;;
esac
new=$work/tmp
mount -t tmpfs -o mode=755,size=4m tmpfs "$new"
${SHOW_PROGRAMS}
${SHOW_DEVICES}
for dir in proc sys; do
  mkdir "$new/$dir"
  mount --rbind "/$dir" "$new/$dir"
done
: >"$new/helper"
mount --bind "\${0%/*}/unshare-helper" "$new/helper"
mkdir -p "$new$bed"
mount --rbind "$bed" "$new$bed"
${TURN}
cd "$bed"
exec sh /helper "$@"
`;

/**
 * Takes the place of autopkgtest's server for test beds. Where it can, that one copies results by their paths on the
 * host: a test could put links in their place, to files that only the service user may read, and find them in the log.
 * Without the shared directory, contents come through a program that runs in the test bed.
 */
const SERVER = `#!/bin/sh
exec python3 "\${0%/*}/server" "$@"
`;

/** Files below `<W>/helpers` for builds.md 8.2; those of the directory stand first in the path of autopkgtest. */
export const AUTOPKGTEST_HELPERS: Readonly<Record<string, string>> = {
  "autopkgtest/start": START,
  "autopkgtest/wall": WALL,
  "autopkgtest/autopkgtest-virt-unshare": SERVER,
  "autopkgtest/unshare": UNSHARE,
  "autopkgtest/enter": ENTER,
};
