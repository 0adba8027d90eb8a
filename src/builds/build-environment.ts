/** Path of commands in a build, as sbuild has it by itself. */
export const BUILD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games";

/** What blocks add to the environment of a build (builds.md 11): directories, and variables of checked forms. */
export interface BuildEnvironment {
  readonly path: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Perl that gives a command the path that it would have without our helpers, and what blocks add, which are for the
 * build, not for root: what root made in a cache, the build could not change.
 * @param user Perl expression of the command's user
 */
export function environmentInPerl({ path, variables }: BuildEnvironment, user: string): string {
  const added = { PATH: [...path, BUILD_PATH].join(":"), ...variables };
  const lines = Object.entries(added).map(([name, value]) => `  $ENV{${name}} = '${value}';\n`);
  return `$ENV{PATH} = '${BUILD_PATH}';\nif (${user} ne 'root') {\n${lines.join("")}}`;
}
