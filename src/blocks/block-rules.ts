/**
 * What the parts of a block may look like. They go into shell lines, Perl and apt files as they are: nothing here needs
 * to be escaped there.
 */
export const BLOCK_PATTERNS = {
  blockName: /^[a-z][a-z0-9-]{0,31}$/,
  blockVersion: /^[A-Za-z0-9.+~-]{1,40}$/,
  /** Not what decides which programs run. */
  blockVariable: /^(?!PATH$|IFS$|ENV$|BASH_ENV$|SHELLOPTS$|LD_|PERL)[A-Z][A-Z0-9_]{0,63}$/,
  blockValue: /^[A-Za-z0-9 .,:=+~_/@%-]{0,500}$/,
  /** Absolute, without `..` and without what separates directories of a path. */
  blockPath: /^(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9._+~-]{1,100}){1,20}$/,
  /** apt.conf(5) */
  aptOption: /^[A-Za-z][A-Za-z0-9-]{0,63}(?:::[A-Za-z0-9_-]{1,64}){1,5}$/,
  aptValue: /^[A-Za-z0-9 .,:=+~_/@-]{0,500}$/,
} as const;

/** What one string of an environment can hold is 128 KiB, execve(2). */
export const MAX_BLOCK_TEXT = 65_536;

/** How parts of an own block are written, for people. */
export const OWN_BLOCK_FORMS = {
  name: "lower case letters, digits and '-', at most 32 characters, a letter first",
  variable:
    "NAME=VALUE, in capital letters, without quotes, and none of those that decide which programs run",
  path: "an absolute directory without '..'",
} as const;
