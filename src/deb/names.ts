/** Rules for the names that occur in file formats and paths (names as the instance itself allows them). */

/** At most 240 characters, no directory part, no leading dot: safe as a name in any directory. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9.+~_-]{0,239}$/;
const CHANGES_FILE_NAME = /^[a-z0-9][a-z0-9+.-]+_[A-Za-z0-9.+~-]+_[A-Za-z0-9+-]+\.changes$/;
const SOURCE_PACKAGE = /^[a-z0-9][a-z0-9+.-]{1,99}$/;
const ARCHITECTURE = /^[a-z0-9][a-z0-9-]{0,31}$/;
const COMPONENT = /^[a-z][a-z0-9-]{0,31}$/;
const IDENTITY = /^[a-zA-Z0-9][a-zA-Z0-9-]{0,63}$/;
const REPOSITORY = /^[a-z0-9]{1,32}$/;
const SUITE = /^[a-z]{1,32}$/;
const CODENAME = /^[a-z][a-z0-9]{0,31}$/;
const SNAPSHOT = /^[a-z0-9][a-z0-9.+~-]{0,63}$/;

/** Words that stand where an architecture can stand, but are none a distribution can have. */
const NO_ARCHITECTURES: readonly string[] = ["all", "any", "source"];

export function isFileName(text: string): boolean {
  return FILE_NAME.test(text);
}

export function isChangesFileName(text: string): boolean {
  return isFileName(text) && CHANGES_FILE_NAME.test(text);
}

/** Also the rule for binary packages (Policy 5.6.7). */
export function isSourcePackage(text: string): boolean {
  return SOURCE_PACKAGE.test(text);
}

/** Whether a distribution can have this architecture: not `all`, `any`, `source`. */
export function isArchitecture(text: string): boolean {
  return ARCHITECTURE.test(text) && !NO_ARCHITECTURES.includes(text);
}

/** A word of an `Architecture` field: an architecture, a wildcard, or one of `all`, `any`, `source`. */
export function isArchitectureWord(text: string): boolean {
  return ARCHITECTURE.test(text);
}

export function isComponent(text: string): boolean {
  return COMPONENT.test(text);
}

/** Order of components: `main` first, the others by name. */
export function compareComponents(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  if (a === "main") return -1;
  return b === "main" || a > b ? 1 : -1;
}

/** Identity of an instance. */
export function isIdentity(text: string): boolean {
  return IDENTITY.test(text);
}

/** Name of the package with the archive keys of an instance. */
export function keyringPackageName(identity: string): string {
  return `${identity.toLowerCase()}-archive-keyring`;
}

/** Where that package puts the keys: what `Signed-By` of an APT source names. */
export function keyringPath(identity: string): string {
  return `/usr/share/keyrings/${keyringPackageName(identity)}.gpg`;
}

/** Identity of a repository. */
export function isRepositoryIdentity(text: string): boolean {
  return REPOSITORY.test(text);
}

/** `rollback` would make distribution strings ambiguous to people. */
export function isSuiteName(text: string): boolean {
  return SUITE.test(text) && text !== "rollback";
}

/** Codename a base distribution can have. */
export function isCodename(text: string): boolean {
  return CODENAME.test(text);
}

/** What a snapshot may be called. It becomes a directory, part of an address, and part of the Suite in Release. */
export function isSnapshotName(text: string): boolean {
  // Names with that ending are of unfinished files, which nobody is shown.
  return SNAPSHOT.test(text) && !text.endsWith(".new");
}

/** What {@link isSnapshotName} wants, for messages. */
export const SNAPSHOT_NAME_RULE =
  "1 to 64 lower-case letters, digits and .+~-, a letter or digit first, and not .new at the end";
