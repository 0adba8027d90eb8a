/**
 * The program that stands for lintian, wherever it runs: `lintian MODE OPTIONS… FILES…` (builds.md 8.1). It frames
 * the run with two lines, as exit codes differ between releases of lintian and sbuild's own word is not reliable.
 */
export const LINTIAN_WRAPPER = `#!/bin/sh
mode=$1
shift
new=no
if lintian --help 2>/dev/null | grep -q -e '--fail-on error'; then new=yes; fi
case "$mode:$new" in
  WARNFAIL:yes) set -- --fail-on=error,warning "$@" ;;
  WARNFAIL:no) set -- --fail-on-warnings "$@" ;;
  *:yes) set -- --fail-on=error "$@" ;;
esac
version=$(lintian --print-version 2>/dev/null | head -n 1)
echo "MBD-LINTIAN begin new=$new version=$version"
lintian "$@"
status=$?
echo "MBD-LINTIAN end exit=$status"
exit $status
`;
