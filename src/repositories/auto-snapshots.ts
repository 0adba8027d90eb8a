import type { Executor } from "#db";
import type { Actor } from "#events";
import { type Clock, errorText } from "#platform";
import type { ChangeDeps } from "./change-deps.ts";
import { createNamedSnapshot, deleteNamedSnapshot } from "./named-snapshots.ts";
import { distributionsOfAll, listRepositories } from "./repository-store.ts";
import { distributionName } from "./resolve.ts";

export interface SnapshotPlan {
  /** Names of snapshots to make. */
  readonly made: readonly string[];
  readonly deleted: readonly string[];
}

const DAY_MS = 86_400_000;

/** What is kept of each kind (pipeline.md 7.5). */
const KINDS = [
  { prefix: "weekly-", form: /^weekly-\d{4}-w\d{2}$/, kept: 8, name: isoWeek },
  {
    prefix: "monthly-",
    form: /^monthly-\d{4}-\d{2}$/,
    kept: 12,
    name: (now: Date) => now.toISOString().slice(0, 7),
  },
  {
    prefix: "yearly-",
    form: /^yearly-\d{4}$/,
    kept: Number.POSITIVE_INFINITY,
    name: (now: Date) => now.toISOString().slice(0, 4),
  },
] as const;

/**
 * The snapshots that a distribution should have of this week, month and year, and those that are one too many then.
 * Names of a kind are in order of time.
 * @param there those made by this work that are there
 * @param before names of all that were ever made, as far as is known: what somebody deleted is not made again
 */
export function planSnapshots(
  there: readonly string[],
  now: Date,
  before: ReadonlySet<string> = new Set(),
): SnapshotPlan {
  const made: string[] = [];
  const deleted: string[] = [];
  for (const { prefix, form, kept, name } of KINDS) {
    const wanted = `${prefix}${name(now)}`;
    const old = there.filter((each) => form.test(each) && each !== wanted).sort();
    const isMissing = !there.includes(wanted);
    const isMade = isMissing && !before.has(wanted);
    if (isMade) made.push(wanted);
    const count = old.length + (isMissing && !isMade ? 0 : 1);
    deleted.push(...old.slice(0, Math.max(0, count - kept)));
  }
  return { made, deleted };
}

/** `2024-w01` (ISO 8601): the week belongs to the year of its Thursday. */
function isoWeek(now: Date): string {
  const day = Math.floor(now.getTime() / DAY_MS);
  // The first of January 1970 was a Thursday.
  const thursday = day - ((day + 3) % 7) + 3;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0, 1) / DAY_MS) / 7) + 1;
  return `${year}-w${String(week).padStart(2, "0")}`;
}

/** Of all live distributions that hold something. What somebody made or deleted by hand is left alone. */
export async function autoSnapshots(
  deps: ChangeDeps & { readonly clock: Clock },
  actor: Actor,
  signal: AbortSignal,
): Promise<{ readonly made: number; readonly deleted: number; readonly failed: number }> {
  const count = { made: 0, deleted: 0, failed: 0 };
  /** One that fails keeps no other from being done. */
  const attempt = async (what: "made" | "deleted", distribution: string, name: string): Promise<void> => {
    signal.throwIfAborted();
    try {
      const change = what === "made" ? createNamedSnapshot : deleteNamedSnapshot;
      await change(deps, { distribution, name }, actor);
      count[what] += 1;
    } catch (error) {
      count.failed += 1;
      deps.log.warn({ distribution, name, error: errorText(error) }, `a snapshot could not be ${what}`);
    }
  };
  for (const distribution of await filledDistributions(deps.db.read)) {
    const all = await snapshotsOf(deps.db.read, distribution);
    const own = all.filter(({ created_by }) => created_by === actor.name).map(({ name }) => name);
    const before = new Set([
      ...all.map(({ name }) => name),
      ...(await madeBefore(deps.db.read, distribution)),
    ]);
    const { made, deleted } = planSnapshots(own, deps.clock.now(), before);
    for (const name of made) await attempt("made", distribution, name);
    for (const name of deleted) await attempt("deleted", distribution, name);
  }
  return count;
}

async function filledDistributions(db: Executor): Promise<string[]> {
  const active = (await listRepositories(db)).filter((row) => row.active);
  const names = (await distributionsOfAll(db, active)).flatMap((rows) =>
    rows.suites.map((suite) => distributionName(rows, suite.name)),
  );
  const filled = await db
    .selectFrom("archive_distribution as d")
    .select("d.name")
    .where("d.kind", "=", "live")
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("membership as m")
          .select("m.id")
          .whereRef("m.distribution_id", "=", "d.id")
          .where("m.removed", "is", null),
      ),
    )
    .execute();
  const withContent = new Set(filled.map(({ name }) => name));
  return names.filter((name) => withContent.has(name));
}

async function snapshotsOf(db: Executor, distribution: string) {
  return await db
    .selectFrom("snapshot as s")
    .innerJoin("archive_distribution as d", "d.id", "s.distribution_id")
    .select(["s.name", "s.created_by"])
    .where("d.name", "=", distribution)
    .execute();
}

/** Names of all snapshots that events tell were made, which are kept longer than any of the present lasts. */
async function madeBefore(db: Executor, distribution: string): Promise<string[]> {
  const events = await db
    .selectFrom("event")
    .select("data")
    .where("distribution", "=", distribution)
    .where("type", "=", "SNAPSHOT")
    .execute();
  const told = events.map(
    ({ data }) => JSON.parse(data) as { readonly action?: unknown; readonly name?: unknown },
  );
  return told.flatMap(({ action, name }) => (action === "create" && typeof name === "string" ? [name] : []));
}
