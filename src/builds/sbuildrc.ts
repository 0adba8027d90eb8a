import type { Mount } from "./build-blocks.ts";
import type { BuildDescription } from "./build-description.ts";
import { BUILD_PATH } from "./build-environment.ts";
import { checked, checkedNumber } from "./patterns.ts";
import { SBUILD_HELPERS } from "./sbuild-helpers.ts";

/** Where the overlay appears in the chroot. */
export const OVERLAY_MOUNT = "/run/mini-buildd";

/**
 * The Perl file that SBUILD_CONFIG names (builds.md 5.2). Numbers and checked paths only: the paths allowed hold neither
 * quotes nor backslashes, so single quotes are enough.
 */
export function sbuildrc(
  workDir: string,
  limits: Pick<BuildDescription["limits"], "stalledMinutes">,
  caches: readonly Mount[] = [],
): string {
  const work = checked("path", workDir, "work directory");
  const stalled = checkedNumber(limits.stalledMinutes, 1, 1_000_000, "limit without output");
  const mounts = [{ directory: `${work}/overlay`, mountpoint: OVERLAY_MOUNT }, ...caches].map(bindMount);
  return [
    `$unshare_tmpdir_template = '${work}/root/XXXXXXXXXX';`,
    `$unshare_bind_mounts = [ ${mounts.join(", ")} ];`,
    `$path = '${work}/${SBUILD_HELPERS}:${BUILD_PATH}';`,
    `$stalled_pkg_timeout = ${stalled};`,
    `$lintian = '${OVERLAY_MOUNT}/lintian';`,
    "$apt_allow_unauthenticated = 0;",
    "1;",
    "",
  ].join("\n");
}

function bindMount({ directory, mountpoint }: Mount): string {
  return `{ directory => '${checked("path", directory, "directory")}', mountpoint => '${checked("path", mountpoint, "mount point")}' }`;
}
