import { type BuildEnvironment, environmentInPerl } from "./build-environment.ts";
import type { OverlayFile } from "./overlay.ts";
import { sbuildEnv } from "./sbuild-env.ts";
import { sbuildShell } from "./sbuild-shell.ts";

/** Where the helpers are, seen from the work directory; stands first in the path of what sbuild starts. */
export const SBUILD_HELPERS = "helpers/sbuild";

/**
 * `chroot ROOT RUNUSER -u USER …`, as a script of sbuild that `sh` does not know ends, in the root that `sh` has made for
 * it. On the host nothing sees what it sets.
 */
const chroot = (added: BuildEnvironment): string => `#!/usr/bin/perl
${environmentInPerl(added, "($ARGV[3] // '')")}
exec { "/chroot" } "chroot", @ARGV;
die "chroot: $!\\n";
`;

/**
 * Files below `<W>/helpers`.
 * @param sources directories of the host, besides the overlay, that the build sees
 * @param hasUsernsexec whether the machine's sbuild is one that brings that program (`USERNSEXEC`)
 */
export function sbuildHelpers(
  added: BuildEnvironment,
  sources: readonly string[] = [],
  hasUsernsexec = false,
): OverlayFile[] {
  return [
    ...(hasUsernsexec ? [{ path: "sbuild/env", content: sbuildEnv(), mode: 0o755 as const }] : []),
    { path: "sbuild/sh", content: sbuildShell(added, sources), mode: 0o755 },
    { path: "sbuild/chroot", content: chroot(added), mode: 0o755 },
  ];
}
