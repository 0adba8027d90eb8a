# Shared by quickstart and check: steps with their times, and what they install. Sourced, not run.

bold= dim= red= green= reset=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' reset=$'\e[0m'
fi

say() { printf '%s\n' "$*"; }
die() { printf '%s%s: %s%s\n' "$red" "$PROGRAM" "$*" "$reset" >&2; exit 1; }

step_names=() step_seconds=()

# step TITLE COMMAND…: runs a step, its output into $LOG, and remembers how long it took. In a terminal the step shows
# that it is alive; what a step prints on file descriptor 3 goes to the reader.
step() {
  local title=$1 began=$SECONDS status=0 ticker= from
  shift
  printf '%s==>%s %s … ' "$bold" "$reset" "$title"
  printf '\n===== %s =====\n' "$title" >>"$LOG"
  from=$(wc -l <"$LOG")
  if [ -t 1 ]; then
    ( while sleep 5; do printf '%s%ss%s ' "$dim" "$((SECONDS - began))" "$reset"; done ) &
    ticker=$!
  fi
  "$@" >>"$LOG" 2>&1 3>&1 || status=$?
  if [ -n "$ticker" ]; then kill "$ticker" && wait "$ticker" 2>/dev/null || true; fi
  step_names+=("$title") step_seconds+=($((SECONDS - began)))
  if [ "$status" -eq 0 ]; then
    printf '%sdone%s in %s s\n' "$green" "$reset" "$((SECONDS - began))"
  else
    printf '%sfailed%s after %s s\n' "$red" "$reset" "$((SECONDS - began))"
    # Of a test run the lines that name what failed, which may stand far above its end.
    tail -n "+$from" "$LOG" | sed 's/\x1b\[[0-9;]*m//g' | grep -aE '^ *(FAIL |× |(Assertion)?Error: |Serialized)' | head -n 40 | sed 's/^/    /'
    say "The end of $LOG:"
    tail -n 25 "$LOG" | sed 's/^/    /'
  fi
  return "$status"
}

print_steps() {
  local i
  say "${bold}How long each step took:${reset}"
  for i in "${!step_names[@]}"; do printf '  %4s s  %s\n' "${step_seconds[$i]}" "${step_names[$i]}"; done
  printf '  %4s s  in all\n' "$SECONDS"
}

require_debian() {
  [ -r /etc/debian_version ] || die "This machine does not run Debian or a derivative; mini-buildd needs its tools."
}

require_node() {
  command -v node >/dev/null || die "Node.js is missing; install Node.js 20.19 or later first (Debian 13: apt-get install nodejs npm)."
  command -v npm >/dev/null || die "npm is missing; it comes with Node.js (Debian: apt-get install npm)."
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    die "Node.js $(node --version) is too old; mini-buildd needs 20.19 or later."
}

# missing_packages NAME…: those of the Debian packages that are not installed.
missing_packages() {
  local name
  for name; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s ' "$name"
  done
}

# install_packages NAME…: installs what is missing, and nothing when nothing is.
install_packages() {
  local missing
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if [ -z "${APT_UPDATED:-}" ]; then apt-get update -q || return; fi
  APT_UPDATED=yes
  # shellcheck disable=SC2086 # a list of words
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
}

# stamp_of FILE…: one hash over names and contents.
stamp_of() { find "$@" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }

install_npm_packages() {
  local stamp=node_modules/.mini-buildd-stamp want
  want="$(stamp_of package.json package-lock.json) $(node --version)"
  [ "$(cat "$stamp" 2>/dev/null)" != "$want" ] || return 0
  # Without Node's headers at hand node-gyp would fetch them; where they came with Node.js, they are used.
  local prefix variable=npm_config_nodedir
  prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  # npm 11 warns of settings that are not its own and hands node-gyp's through under another name.
  [ "$(npm --version | cut -d. -f1)" -lt 11 ] || variable=npm_package_config_node_gyp_nodedir
  if [ -z "${npm_config_nodedir:-}" ] && [ -r "$prefix/include/node/node.h" ]; then export "$variable=$prefix"; fi
  # What must be compiled is compiled by all processors.
  export JOBS=max
  npm ci --no-audit --no-fund || return
  printf '%s' "$want" >"$stamp"
}

build_program() {
  local stamp=dist/.stamp want
  want="$(stamp_of src scripts/build.mjs package-lock.json) $(node --version)"
  [ "$(cat "$stamp" 2>/dev/null)" != "$want" ] || return 0
  npm run --silent build || return
  printf '%s' "$want" >"$stamp"
}

# What the program itself needs at run time.
RUNTIME_PACKAGES="sbuild mmdebstrap arch-test uidmap mount iproute2 procps curl gpg gpgv gpg-agent gpgconf dpkg-dev devscripts xz-utils zstd bzip2 lintian debhelper fakeroot
  autopkgtest piuparts
  debian-archive-keyring ca-certificates distro-info-data apt-utils"
# What compiles better-sqlite3 where npm has no binary of it.
BUILD_PACKAGES="g++ make python3"
