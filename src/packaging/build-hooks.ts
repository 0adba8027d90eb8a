import type { Archive } from "#archive";
import type { BuildRow } from "#builds";
import type { Database, Tx } from "#db";
import type { BlobStore } from "#platform";
import { distributionName, resolveDistribution } from "#repositories";
import type { Completion } from "./completion.ts";
import { ownSuites } from "./describe-build.ts";
import { dscOf } from "./packaged-source.ts";
import { findPackaging, type Packaging } from "./packaging-store.ts";

export interface BuildHookDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly archive: Archive;
  readonly completion: Completion;
}

/** What a build worker asks of packaging. */
export interface BuildHooks {
  /** Told in the transaction of each change of a build's state. */
  changed(tx: Tx, buildId: number): Promise<void>;
  /** Which missing packages an unfinished packaging of the same repository and codename will bring. */
  onItsWay(build: BuildRow, missing: readonly string[]): Promise<readonly string[]>;
  /** Whether the own suites hold all of the missing packages. */
  inOwnSuites(build: BuildRow, missing: readonly string[]): Promise<boolean>;
  /** Another source that owns a package name in the target suite. */
  ownerOf(build: BuildRow, packageName: string): Promise<string | undefined>;
}

export function createBuildHooks(deps: BuildHookDeps): BuildHooks {
  const { db, archive } = deps;
  return {
    async changed(tx, buildId) {
      const build = await tx
        .selectFrom("build")
        .select("packaging_id")
        .where("id", "=", buildId)
        .executeTakeFirst();
      if (build !== undefined) await deps.completion.evaluate(tx, build.packaging_id);
    },
    async onItsWay(build, missing) {
      const packaging = await requirePackaging(db, build);
      const coming = await comingBinaries(deps, packaging);
      return missing.filter((wanted) => coming.has(nameOf(wanted)));
    },
    async inOwnSuites(build, missing) {
      const packaging = await requirePackaging(db, build);
      const target = await resolveDistribution(db.read, packaging.distribution);
      const names = missing.map(nameOf);
      const found = new Set<string>();
      for (const suite of ownSuites(target)) {
        for (const name of (await archive.ownersOf(distributionName(target, suite), names)).keys())
          found.add(name);
      }
      return names.every((name) => found.has(name));
    },
    async ownerOf(build, packageName) {
      const packaging = await requirePackaging(db, build);
      const owners = (await archive.ownersOf(packaging.distribution, [packageName])).get(packageName) ?? [];
      return owners.find((owner) => owner !== packaging.source);
    },
  };
}

/** `libfoo-dev (>= 1.2)` → `libfoo-dev`. */
function nameOf(relation: string): string {
  return relation.split(/[\s:(|]/, 1)[0] ?? relation;
}

async function requirePackaging(db: Database, build: BuildRow): Promise<Packaging> {
  const packaging = await findPackaging(db.read, build.packaging_id);
  if (packaging === undefined) throw new Error(`build ${build.id} has no packaging`);
  return packaging;
}

/** Binary packages that other unfinished packagings will install where a build for this one looks. */
async function comingBinaries(deps: BuildHookDeps, own: Packaging): Promise<Set<string>> {
  const others = await deps.db.read
    .selectFrom("packaging")
    .selectAll()
    .where("repository", "=", own.repository)
    .where("codename", "=", own.codename)
    .where("state", "in", ["QUEUED", "BUILDING", "INSTALLING"])
    .where("id", "<>", own.id)
    .limit(1000)
    .execute();
  const names = new Set<string>();
  for (const other of others) {
    const dsc = await dscOf(deps, other);
    for (const name of dsc.binaries) names.add(name);
    for (const entry of dsc.packageList ?? []) names.add(entry.package);
  }
  return names;
}
