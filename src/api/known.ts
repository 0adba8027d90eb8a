/**
 * Lists of names that only the running instance knows; arguments use them as choices and defaults.
 * `distributions` are the live ones, `all_distributions` their rollbacks, too.
 */
export const KNOWN_KEYS = [
  "repositories",
  "codenames",
  "suites",
  "distributions",
  "all_distributions",
  "uploadable_distributions",
  "keyring_distributions",
  "experimental_distributions",
  "sources",
  "chroots",
  "cronjobs",
  "remotes",
] as const;

export type KnownKey = (typeof KNOWN_KEYS)[number];

export interface Known {
  /**
   * Sorted names; a long list may be cut, so it advises rather than forbids (but for repositories, codenames and suites).
   * `begin`: how those that are wanted begin; of a list that is not cut, others may come too.
   */
  names(key: KnownKey, begin?: string): Promise<readonly string[]>;
}

/** For the command line, which checks the form of arguments only and leaves the names to the instance. */
export const NOTHING_KNOWN: Known = { names: async () => [] };
