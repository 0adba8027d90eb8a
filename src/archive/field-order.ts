/**
 * Order of fields in the stanzas of indices, as dpkg-scanpackages and dpkg-scansources write them (dpkg's
 * CTRL_INDEX_PKG and CTRL_INDEX_SRC). Fields that are not named here follow by name.
 */
export const PACKAGES_ORDER: readonly string[] = [
  "Package",
  "Package-Type",
  "Source",
  "Version",
  "Kernel-Version",
  "Built-For-Profiles",
  "Auto-Built-Package",
  "Architecture",
  "Subarchitecture",
  "Installer-Menu-Item",
  "Build-Essential",
  "Essential",
  "Protected",
  "Origin",
  "Bugs",
  "Maintainer",
  "Installed-Size",
  "Pre-Depends",
  "Depends",
  "Recommends",
  "Suggests",
  "Enhances",
  "Conflicts",
  "Breaks",
  "Replaces",
  "Provides",
  "Built-Using",
  "Static-Built-Using",
  "Filename",
  "Size",
  "MD5sum",
  "SHA1",
  "SHA256",
  "Section",
  "Priority",
  "Multi-Arch",
  "Homepage",
  "Description",
  "Tag",
  "Task",
];

export const SOURCES_ORDER: readonly string[] = [
  "Format",
  "Package",
  "Binary",
  "Architecture",
  "Version",
  "Priority",
  "Section",
  "Origin",
  "Maintainer",
  "Uploaders",
  "Homepage",
  "Description",
  "Standards-Version",
  "Vcs-Browser",
  "Vcs-Arch",
  "Vcs-Bzr",
  "Vcs-Cvs",
  "Vcs-Darcs",
  "Vcs-Git",
  "Vcs-Hg",
  "Vcs-Mtn",
  "Vcs-Svn",
  "Testsuite",
  "Testsuite-Triggers",
  "Build-Depends",
  "Build-Depends-Arch",
  "Build-Depends-Indep",
  "Build-Conflicts",
  "Build-Conflicts-Arch",
  "Build-Conflicts-Indep",
  "Package-List",
  "Directory",
  "Checksums-Sha256",
  "Files",
];

/**
 * Puts fields into the given order and under its spelling of their names; empty ones are left out, as dpkg does.
 * Names are compared without case (Policy 5.1).
 */
export function inOrder(
  fields: Iterable<readonly [string, string]>,
  order: readonly string[],
): [string, string][] {
  const rank = rankOf(order);
  const kept = [...fields].filter(([, value]) => value !== "");
  const known = kept.flatMap(([name, value]) => {
    const index = rank.get(name.toLowerCase());
    return index === undefined ? [] : [{ index, name: order[index] ?? name, value }];
  });
  known.sort((a, b) => a.index - b.index);
  const unknown = kept.filter(([name]) => !rank.has(name.toLowerCase()));
  unknown.sort(([a], [b]) => (a < b ? -1 : 1));
  return [...known.map(({ name, value }): [string, string] => [name, value]), ...unknown.map(copy)];
}

const RANKS = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

/** Place of each name, made once for each order: an archive has tens of thousands of stanzas. */
function rankOf(order: readonly string[]): ReadonlyMap<string, number> {
  const known = RANKS.get(order);
  if (known !== undefined) return known;
  const rank = new Map(order.map((name, index) => [name.toLowerCase(), index]));
  RANKS.set(order, rank);
  return rank;
}

function copy([name, value]: readonly [string, string]): [string, string] {
  return [name, value];
}
