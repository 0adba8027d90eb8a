import { type Coming, enqueueBuild, missingOf, wakeBuild } from "#builds";
import type { Database, Tx } from "#db";
import type { JobQueue } from "#jobs";
import { type BlobStore, type Clock, isoNow } from "#platform";
import { distributionName, type ResolvedDistribution } from "#repositories";
import { ownSuites } from "./describe-build.ts";
import { dscOf } from "./packaged-source.ts";
import type { Packaging } from "./packaging-store.ts";

const MAX_OTHERS = 1000;

const DOING: Readonly<Record<string, string>> = {
  QUEUED: "queued",
  BUILDING: "being built",
  INSTALLING: "being installed",
};

/**
 * Which of the missing build dependencies (`name (>= version)`) an unfinished packaging will bring to a suite where a
 * build for `target` looks (B10), and which one.
 */
export async function comingPackages(
  deps: { readonly db: Database; readonly blobs: BlobStore },
  own: Packaging,
  target: ResolvedDistribution,
  missing: readonly string[],
): Promise<Coming[]> {
  const seen = ownSuites(target).map((suite) => distributionName(target, suite));
  const others = await deps.db.read
    .selectFrom("packaging")
    .selectAll()
    .where("distribution", "in", seen)
    .where("state", "in", Object.keys(DOING))
    .where("id", "<>", own.id)
    .orderBy("id")
    .limit(MAX_OTHERS)
    .execute();
  const coming = new Map<string, Coming>();
  for (const other of others) {
    const { binaries, packageList } = await dscOf(deps, other);
    const names = [...binaries, ...(packageList ?? []).map((entry) => entry.package)];
    for (const wanted of missing.filter((each) => names.includes(nameOf(each)))) {
      const from = `${DOING[other.state] ?? "made"} by ${other.source} ${other.version}`;
      coming.set(wanted, { missing: wanted, from });
    }
  }
  return [...coming.values()];
}

/** `libfoo-dev (>= 1.2)` → `libfoo-dev`. */
export function nameOf(relation: string): string {
  return relation.split(/[\s:(|]/, 1)[0] ?? relation;
}

/**
 * A packaging of the repository has ended: builds that wait for one of the packages it installed are queued (B11), the
 * others look whether what they wait for is still on its way.
 */
export async function wakeWaiting(
  { queue, clock }: { readonly queue: JobQueue; readonly clock: Clock },
  tx: Tx,
  repository: string,
  installed: readonly string[],
): Promise<void> {
  const waiting = await tx
    .selectFrom("build")
    .innerJoin("packaging", "packaging.id", "build.packaging_id")
    .select(["build.id", "build.result"])
    .where("build.state", "=", "DEP_WAIT")
    .where("packaging.repository", "=", repository)
    .execute();
  for (const build of waiting) {
    const isThere = missingOf(build).some((wanted) => installed.includes(nameOf(wanted)));
    if (isThere) await wakeBuild(tx, build.id, isoNow(clock));
    await enqueueBuild(tx, queue, build.id);
  }
}
