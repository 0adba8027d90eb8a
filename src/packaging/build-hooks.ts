import type { Archive } from "#archive";
import type { BuildRow, Coming } from "#builds";
import type { Database, Row, Tx } from "#db";
import type { JobQueue } from "#jobs";
import { type BlobStore, type Clock, isoAfter, type Log } from "#platform";
import { distributionName, resolveDistribution } from "#repositories";
import { SOURCE_CHECK, sourceTrouble } from "#sources";
import { createBinaryNames } from "./binary-names.ts";
import { extraSources } from "./build-sources.ts";
import type { Completion } from "./completion.ts";
import { comingPackages, nameOf } from "./dep-wait.ts";
import { ownSuites } from "./describe-build.ts";
import { findOtherOwner } from "./package-owners.ts";
import { findPackaging, type Packaging } from "./packaging-store.ts";

export interface BuildHookDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly archive: Archive;
  readonly completion: Completion;
  readonly queue: Pick<JobQueue, "enqueue">;
  readonly clock: Clock;
  readonly log: Log;
}

/** A source that builds wait for is checked so often, not only daily. */
const CHECK_AGAIN_SECONDS = 600;

/** What a build worker asks of packaging. */
export interface BuildHooks {
  /** Told in the transaction of each change of a build's state. */
  changed(tx: Tx, buildId: number): Promise<void>;
  /** Which missing packages an unfinished packaging will bring to where this build looks. */
  onItsWay(build: BuildRow, missing: readonly string[]): Promise<readonly Coming[]>;
  /** Why the build cannot begin now, if so: one of its sources is in error or unchecked. These are checked meanwhile. */
  hold(build: BuildRow): Promise<string | undefined>;
  /** Whether the own suites hold all of the missing packages. */
  inOwnSuites(build: BuildRow, missing: readonly string[]): Promise<boolean>;
  /** Another source that owns a package name in the target suite. */
  ownerOf(build: BuildRow, packageName: string): Promise<string | undefined>;
}

export function createBuildHooks(deps: BuildHookDeps): BuildHooks {
  const { db, archive } = deps;
  const coming = { db, blobs: deps.blobs, binaryNames: createBinaryNames(deps) };
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
      const target = await resolveDistribution(db.read, packaging.distribution);
      // Only of the try that is being judged: whoever waits already looks at what there is.
      const begunAt = build.state === "UPLOADING" ? (build.started_at ?? undefined) : undefined;
      return await comingPackages(coming, packaging, target, missing, begunAt);
    },
    async hold(build) {
      const packaging = await requirePackaging(db, build);
      const { source: base, distribution } = await resolveDistribution(db.read, packaging.distribution);
      const extra = await extraSources(db.read, distribution);
      const troubles: string[] = [];
      for (const source of [base, ...extra.map((each) => each.source)]) {
        const why = sourceTrouble(source);
        if (why === undefined) continue;
        troubles.push(why);
        await askForCheck(deps, source);
      }
      return troubles[0];
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
      const { source, distribution } = await requirePackaging(db, build);
      const target = await resolveDistribution(db.read, distribution);
      return (await findOtherOwner(archive, { source, target }, [packageName]))?.owner;
    },
  };
}

async function requirePackaging(db: Database, build: BuildRow): Promise<Packaging> {
  const packaging = await findPackaging(db.read, build.packaging_id);
  if (packaging === undefined) throw new Error(`build ${build.id} has no packaging`);
  return packaging;
}

async function askForCheck(
  { db, queue, clock }: Pick<BuildHookDeps, "db" | "queue" | "clock">,
  source: Row<"source">,
): Promise<void> {
  if ((source.checked_at ?? "") > isoAfter(clock, -CHECK_AGAIN_SECONDS)) return;
  await db.write((tx) => queue.enqueue(tx, { kind: SOURCE_CHECK, subject: `source:${source.id}` }));
}
