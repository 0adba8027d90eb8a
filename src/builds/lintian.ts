/**
 * The program that stands for lintian, wherever it runs: `lintian MODE OPTIONS… FILES…` (builds.md 8.1). It frames
 * the run with two lines, as exit codes differ between releases of lintian (--fail-on came with 2.77), and sbuild's own
 * word is not reliable.
 */
export const LINTIAN_WRAPPER = `#!/bin/sh
mode=$1
shift
# Asked of dpkg, as lintian itself takes half a second to say anything.
version=$(dpkg-query -W -f='\${Version}' lintian 2>/dev/null)
new=no
if dpkg --compare-versions "$version" ge 2.77; then new=yes; fi
case "$mode:$new" in
  WARNFAIL:yes) set -- --fail-on=error,warning "$@" ;;
  WARNFAIL:no) set -- --fail-on-warnings "$@" ;;
  *:yes) set -- --fail-on=error "$@" ;;
esac
echo "MBD-LINTIAN begin new=$new version=$version"
lintian "$@"
status=$?
echo "MBD-LINTIAN end exit=$status"
exit $status
`;
