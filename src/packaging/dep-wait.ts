import { type Coming, enqueueBuild, missingOf, wakeBuild } from "#builds";
import type { Database, Executor, Tx } from "#db";
import type { JobQueue } from "#jobs";
import { type BlobStore, type Clock, isoNow, MbdError } from "#platform";
import { distributionName, type ResolvedDistribution, resolveDistribution } from "#repositories";
import type { BinaryNames } from "./binary-names.ts";
import { type OnItsWay, uploadsFor } from "./coming-uploads.ts";
import { canBring } from "./coming-versions.ts";
import { ownSuites } from "./describe-build.ts";
import type { Packaging } from "./packaging-store.ts";

const MAX_OTHERS = 1000;

const DOING: Readonly<Record<string, string>> = {
  QUEUED: "queued",
  BUILDING: "being built",
  INSTALLING: "being installed",
  INSTALLED: "just installed",
};
const UNFINISHED = ["QUEUED", "BUILDING", "INSTALLING"];

export interface ComingDeps {
  readonly db: Database;
  readonly blobs: Pick<BlobStore, "path">;
  readonly binaryNames: BinaryNames;
}

/**
 * Which of the missing build dependencies (`name (>= version)`) an unfinished packaging, or an upload or port that is to
 * become one, will bring to a suite where a build for `target` looks (B10), and which one. What was installed since a try began may
 * have come too late for it: `begunAt`, an ISO time.
 */
export async function comingPackages(
  deps: ComingDeps,
  own: Pick<Packaging, "id">,
  target: ResolvedDistribution,
  missing: readonly string[],
  begunAt?: string,
): Promise<Coming[]> {
  const seen = distributionsSeen(target);
  const coming = new Map<string, Coming>();
  const repository = target.repository.identity;
  // Those that come last may have been one of the first kinds when these were read.
  for (const { dsc, source, version, doing } of [
    ...(await uploadsFor(deps, seen)),
    ...(await portsFor(deps.db, seen)),
    ...(await packagingsFor(deps.db, seen, own, begunAt)),
  ]) {
    const names = await deps.binaryNames(dsc);
    for (const wanted of missing.filter((each) => names.includes(nameOf(each)))) {
      if (!(await canBring(deps.db.read, { repository, source, version }, wanted))) continue;
      coming.set(wanted, { missing: wanted, from: `${doing} ${source} ${version}` });
    }
  }
  return [...coming.values()];
}

/** Where builds for `target` look, of the own distributions. */
function distributionsSeen(target: ResolvedDistribution): string[] {
  return ownSuites(target).map((suite) => distributionName(target, suite));
}

async function packagingsFor(
  db: Database,
  distributions: readonly string[],
  own: Pick<Packaging, "id">,
  begunAt: string | undefined,
): Promise<OnItsWay[]> {
  const rows = await comingQuery(db.read, distributions, own, begunAt).execute();
  return rows.map(({ source, version, state, dsc: name, sha256 }) => ({
    dsc: { name, sha256 },
    ...{ source, version, doing: `${DOING[state] ?? "made"} by` },
  }));
}

/** Two ways to find them, each by its index: with one condition for both, all that was ever installed would be read. */
export function comingQuery(
  db: Executor,
  distributions: readonly string[],
  own: Pick<Packaging, "id">,
  begunAt: string | undefined,
) {
  const unfinished = db
    .selectFrom("packaging")
    .select("id")
    .where("distribution", "in", distributions)
    .where("state", "in", UNFINISHED);
  const installed = (since: string) =>
    db
      .selectFrom("packaging")
      .select("id")
      .where("distribution", "in", distributions)
      .where("state", "=", "INSTALLED")
      .where("ended_at", ">=", since);
  const ids = begunAt === undefined ? unfinished : unfinished.unionAll(installed(begunAt));
  return db
    .selectFrom("packaging")
    .innerJoin("upload_file", (join) =>
      join
        .onRef("upload_file.upload_id", "=", "packaging.upload_id")
        .onRef("upload_file.name", "=", "packaging.dsc"),
    )
    .select([
      "packaging.source",
      "packaging.version",
      "packaging.state",
      "packaging.dsc",
      "upload_file.sha256",
    ])
    .where("packaging.id", "in", ids)
    .where("packaging.id", "<>", own.id)
    .orderBy("packaging.id")
    .limit(MAX_OTHERS);
}

/** Those whose upload is not made, or not verified yet. */
async function portsFor(db: Database, distributions: readonly string[]): Promise<OnItsWay[]> {
  const rows = await db.read
    .selectFrom("port_request")
    .leftJoin("upload", "upload.id", "port_request.upload_id")
    .select(["port_request.source", "port_request.version", "port_request.dsc", "port_request.dsc_sha256"])
    .where("port_request.target", "in", distributions)
    .where((eb) =>
      eb.or([eb("port_request.state", "=", "open"), eb("upload.state", "in", ["RECEIVED", "VERIFYING"])]),
    )
    .orderBy("port_request.bkey")
    .limit(MAX_OTHERS)
    .execute();
  return rows.map(({ source, version, dsc: name, dsc_sha256: sha256 }) => ({
    dsc: { name, sha256 },
    ...{ source, version, doing: "being ported as" },
  }));
}

/** `libfoo-dev (>= 1.2)` → `libfoo-dev`. */
export function nameOf(relation: string): string {
  return relation.split(/[\s:(|]/, 1)[0] ?? relation;
}

/**
 * A packaging has ended: builds that look in its suite are told. Those that wait for one of the packages it installed are
 * queued (B11), the others look whether what they wait for is still on its way.
 */
export async function wakeWaiting(
  { queue, clock }: { readonly queue: JobQueue; readonly clock: Clock },
  tx: Tx,
  { repository, distribution }: Pick<Packaging, "repository" | "distribution">,
  installed: readonly string[],
): Promise<void> {
  const waiting = await tx
    .selectFrom("build")
    .innerJoin("packaging", "packaging.id", "build.packaging_id")
    .select(["build.id", "build.result", "packaging.distribution"])
    .where("build.state", "=", "DEP_WAIT")
    .where("packaging.repository", "=", repository)
    .execute();
  const looking = new Map<string, boolean>();
  for (const build of waiting) {
    const { distribution: theirs } = build;
    const looks = looking.get(theirs) ?? (await looksIn(tx, theirs, distribution));
    looking.set(theirs, looks);
    if (!looks) continue;
    const isThere = missingOf(build).some((wanted) => installed.includes(nameOf(wanted)));
    if (isThere) await wakeBuild(tx, build.id, isoNow(clock));
    await enqueueBuild(tx, queue, build.id);
  }
}

async function looksIn(tx: Tx, from: string, distribution: string): Promise<boolean> {
  try {
    return distributionsSeen(await resolveDistribution(tx, from)).includes(distribution);
  } catch (error) {
    if (error instanceof MbdError) return false; // no longer there: the build finds that out by itself
    throw error;
  }
}
