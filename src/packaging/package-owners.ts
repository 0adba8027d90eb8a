import type { Archive } from "#archive";
import type { Executor } from "#db";
import { MbdError } from "#platform";
import type { ResolvedDistribution } from "#repositories";

/** A source that comes, and where to. */
export interface Newcomer {
  readonly source: string;
  readonly version: string;
  readonly target: ResolvedDistribution;
}

/**
 * Another source that has a binary package of one of these names in the suite (builds.md 12), unless the suite allows
 * that. Inside a transaction, give that as `db`: the answer then cannot change before the commit.
 */
export async function findOtherOwner(
  archive: Pick<Archive, "ownersOf">,
  { source, target }: Pick<Newcomer, "source" | "target">,
  names: readonly string[],
  db?: Executor,
): Promise<{ readonly name: string; readonly owner: string } | undefined> {
  if (target.suite.shared_package_names === 1) return undefined;
  for (const [name, owners] of await archive.ownersOf(target.name, names, db)) {
    const owner = owners.find((each) => each !== source);
    if (owner !== undefined) return { name, owner };
  }
  return undefined;
}

/** @throws MbdError package_taken */
export async function checkPackagesAreOwn(
  archive: Pick<Archive, "ownersOf">,
  newcomer: Newcomer,
  names: readonly string[],
  db: Executor,
): Promise<void> {
  const taken = await findOtherOwner(archive, newcomer, names, db);
  if (taken === undefined) return;
  const { source, version, target } = newcomer;
  const params = { package: taken.name, source, version, owner: taken.owner, distribution: target.name };
  throw new MbdError("package_taken", params);
}
