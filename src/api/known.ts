/** Lists of names that only the running instance knows; arguments use them as choices and defaults. */
export const KNOWN_KEYS = [
  "repositories",
  "codenames",
  "suites",
  "distributions",
  "uploadable_distributions",
  "sources",
  "chroots",
] as const;

export type KnownKey = (typeof KNOWN_KEYS)[number];

export interface Known {
  /** Sorted names; a long list may be cut, so it advises rather than forbids (but for repositories and codenames). */
  names(key: KnownKey): Promise<readonly string[]>;
}

/** For the command line, which checks the form of arguments only and leaves the names to the instance. */
export const NOTHING_KNOWN: Known = { names: async () => [] };
