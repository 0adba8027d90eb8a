/**
 * For perl(1): gets out of a chroot as its root can, and fails when it finds a system there. Its arguments: a directory to
 * begin in, and a path of that system.
 */
export const CLIMB = 'chroot $ARGV[0]; chdir ".." for 1..64; chroot "."; exit(-e $ARGV[1] ? 1 : 0)';

/**
 * Runs as root in the chroot before sbuild does anything there (builds.md 5.1). Whatever fails in it ends the build as a
 * failure of the builder.
 */
export const SETUP_SCRIPT = `#!/bin/sh
set -e
umask 022
here=/run/mini-buildd
# Whatever sbuild this is, and however it came to enter the chroot: no build with the host behind it.
if ! perl -e '${CLIMB}' "$here" /etc/passwd; then
  echo 'mini-buildd: the chroot has no wall'
  exit 1
fi
rm -rf /etc/apt/sources.list* /etc/apt/preferences*
cp -R "$here/apt/." /etc/apt/
if ! [ -s /etc/resolv.conf ] && [ -e "$here/resolv.conf" ]; then
  cp "$here/resolv.conf" /etc/resolv.conf
fi
# apt before 2.1 does not know Error-Mode and succeeds with a source missing: its words decide, too.
log=$(mktemp)
status=0
apt-get update >"$log" 2>&1 || status=$?
cat "$log"
if grep -q -E '^(Err:|W: Failed|E:)' "$log"; then
  echo 'mini-buildd: a package source cannot be used'
  status=100
fi
rm -f "$log"
[ "$status" -eq 0 ] || exit "$status"
if [ -e "$here/blocks/list" ]; then
  while read -r file name version; do
    echo "MBD-BLOCK $name $version"
    status=0
    sh -e "$here/blocks/$file" </dev/null || status=$?
    if [ "$status" -ne 0 ]; then
      echo "MBD-BLOCK $name $version failed with exit status $status"
      exit 1
    fi
  done <"$here/blocks/list"
fi
apt-cache policy
`;
