import { exists } from "#platform";

/** By this program sbuild 0.86 and newer prepares the namespace of a command, instead of by a script that our `sh` gets. */
export const USERNSEXEC = "/usr/libexec/sbuild-usernsexec";

/**
 * Why no build can begin with this machine's sbuild, if so. What that program makes ends in a mere chroot, which is no
 * wall for its root, and what blocks set would be lost: then rather no builds.
 */
export async function sbuildFault(usernsexec = USERNSEXEC): Promise<string | undefined> {
  if (!(await exists(usernsexec))) return undefined;
  return `the machine's sbuild is not supported yet: with ${usernsexec} (0.86 and newer, Debian 13) chroots have no wall; use Debian 12, with sbuild 0.85`;
}
