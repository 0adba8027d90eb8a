import type { Executor } from "#db";
import { compareVersions } from "#deb";
import type { Actor } from "#events";
import { type Clock, errorText } from "#platform";
import type { ChangeDeps } from "./change-deps.ts";
import { type Hold, holdsOf } from "./holds.ts";
import { commitMigration } from "./migrate.ts";
import { publishCommitted } from "./publish-now.ts";
import { distributionsOfAll, listRepositories } from "./repository-store.ts";
import { distributionName } from "./resolve.ts";

/** A source in a suite. */
export interface SuiteEntry {
  readonly source: string;
  readonly version: string;
  /** ISO-8601: since when it is there. */
  readonly addedAt: string;
}

export interface AutoMigrated {
  readonly migrated: number;
  /** Sources that could not be migrated, which is tried again the next day. */
  readonly failed: number;
  /** Holds that kept back what would have migrated. */
  readonly held: readonly Hold[];
}

export type AutoMigrateDeps = ChangeDeps & { readonly clock: Clock };

const DAY_MS = 86_400_000;

/**
 * What goes on by itself: of each source the highest version that has been in the suite for `days`, where the next suite
 * has none as high (pipeline.md 7.5).
 */
export function dueMigrations(
  from: readonly SuiteEntry[],
  to: readonly SuiteEntry[],
  now: Date,
  days: number,
): SuiteEntry[] {
  const due = new Map<string, SuiteEntry>();
  for (const entry of from) {
    if (Date.parse(entry.addedAt) > now.getTime() - days * DAY_MS) continue;
    const other = due.get(entry.source);
    if (other === undefined || compareVersions(entry.version, other.version) > 0)
      due.set(entry.source, entry);
  }
  for (const { source, version } of to) {
    const entry = due.get(source);
    if (entry !== undefined && compareVersions(version, entry.version) >= 0) due.delete(source);
  }
  return [...due.values()];
}

/**
 * Migrates all that is due and not held, each source in a transaction of its own, as one that cannot go keeps no other
 * back. What a suite got is published together (pipeline.md 6.3); the jobs that the transactions asked for do it when
 * this is ended before.
 */
export async function autoMigrate(
  deps: AutoMigrateDeps,
  actor: Actor,
  signal: AbortSignal,
): Promise<AutoMigrated> {
  let migrated = 0;
  let failed = 0;
  const held: Hold[] = [];
  for (const waiting of await waitingSuites(deps.db.read)) {
    const due = await dueNow(deps, waiting);
    held.push(...due.held);
    const changed: string[] = [];
    for (const { source, version } of due.open) {
      signal.throwIfAborted();
      const request = { source, version, distribution: waiting.from };
      try {
        changed.push(...(await commitMigration(deps, request, actor)).changed);
        migrated += 1;
      } catch (error) {
        failed += 1;
        const { from } = waiting;
        deps.log.warn({ source, version, from, error: errorText(error) }, "a source does not migrate");
      }
    }
    await publishCommitted(deps, changed);
  }
  return { migrated, failed, held };
}

/** What came of it, in a sentence. */
export function autoMigratedText({ migrated, failed, held }: AutoMigrated): string {
  const holds = held.map(({ source, distribution, reason }) => `${source} in ${distribution} (${reason})`);
  return `${migrated} sources migrated, ${failed} could not${holds.length === 0 ? "" : `; held: ${holds.join(", ")}`}`;
}

async function dueNow({ db, clock }: AutoMigrateDeps, { from, to, days }: Waiting) {
  const [here, there] = [await entriesOf(db.read, from), await entriesOf(db.read, to)];
  const due = dueMigrations(here, there, clock.now(), days);
  const holds = await holdsOf(db.read, { distributions: [from] });
  return {
    open: due.filter(({ source }) => !holds.some((hold) => hold.source === source)),
    held: holds.filter((hold) => due.some(({ source }) => hold.source === source)),
  };
}

interface Waiting {
  readonly from: string;
  readonly to: string;
  readonly days: number;
}

/** Distributions of active repositories whose sources go on after some days. */
async function waitingSuites(db: Executor): Promise<Waiting[]> {
  const active = (await listRepositories(db)).filter((row) => row.active);
  return (await distributionsOfAll(db, active)).flatMap((rows) =>
    rows.suites.flatMap(({ name, migrates_to, auto_migrate_after: days }) =>
      days > 0 && migrates_to !== null
        ? [{ from: distributionName(rows, name), to: distributionName(rows, migrates_to), days }]
        : [],
    ),
  );
}

async function entriesOf(db: Executor, distribution: string): Promise<SuiteEntry[]> {
  return await db
    .selectFrom("membership as m")
    .innerJoin("archive_distribution as d", "d.id", "m.distribution_id")
    .innerJoin("package as p", "p.id", "m.package_id")
    .select(["p.source", "p.version", "m.added_at as addedAt"])
    .where("d.name", "=", distribution)
    .where("d.kind", "=", "live")
    .where("p.kind", "=", "dsc")
    .where("m.removed", "is", null)
    .orderBy("p.source")
    .execute();
}
