import type { Executor } from "#db";
import { compareVersions } from "#deb";
import { MbdError } from "#platform";
import { compareText } from "./compare-text.ts";
import { contentAt, distributionNamed, distributionsOf, NOW } from "./suites/index.ts";
import type { ArchiveDistribution, PackageKind } from "./types.ts";

/** What an administrator looks through: all distributions, and every package of one. */

export interface ListedPackage {
  readonly component: string;
  readonly kind: PackageKind;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly source: string;
  readonly sourceVersion: string;
}

/** Of all repositories: live ones by name, each before its rollbacks. */
export async function allDistributions(db: Executor): Promise<ArchiveDistribution[]> {
  const rows = await db.selectFrom("archive_distribution").select("repository").distinct().execute();
  const names = rows.map(({ repository }) => repository).sort();
  const all: ArchiveDistribution[] = [];
  for (const repository of names) all.push(...(await distributionsOf(db, repository)));
  return all;
}

/**
 * Packages of a distribution as it is wanted now, by component, name, version and architecture. `pattern`: a glob
 * (`*`, `?`) or a part of the name of the package or of its source.
 * @throws MbdError not_found
 */
export async function listPackages(
  db: Executor,
  distribution: string,
  pattern = "",
): Promise<ListedPackage[]> {
  const row = await distributionNamed(db, distribution);
  if (row === undefined) throw new MbdError("not_found", { what: `Distribution '${distribution}'` });
  const rows = await db
    .selectFrom(contentAt(db, row, NOW))
    .innerJoin("package as p", "p.id", "c.package_id")
    .select([
      "c.component",
      "p.kind",
      "p.name",
      "p.version",
      "p.arch",
      "p.source",
      "p.source_version as sourceVersion",
    ])
    .$castTo<ListedPackage>()
    .execute();
  const matches = matcher(pattern);
  return rows.filter(({ name, source }) => matches(name) || matches(source)).sort(compare);
}

function matcher(pattern: string): (name: string) => boolean {
  if (!/[*?]/.test(pattern)) return (name) => name.includes(pattern);
  const parts = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replaceAll("?", ".");
  const expression = new RegExp(`^${parts}$`, "s");
  return (name) => expression.test(name);
}

function compare(a: ListedPackage, b: ListedPackage): number {
  return (
    compareText(a.component, b.component) ||
    compareText(a.name, b.name) ||
    compareVersions(a.version, b.version) ||
    compareText(a.arch, b.arch)
  );
}
