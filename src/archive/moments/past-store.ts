import { sql } from "kysely";
import type { Executor } from "#db";
import type { PoolEntry } from "../pool.ts";
import { FORGOTTEN } from "../suites/index.ts";
import type { ArchiveDistribution } from "../types.ts";

/** What a distribution was at a time. All of it are short ways through an index: anybody may ask. */

/** The publish that a distribution last changed with (or the next one that is kept), and when that was. */
export interface PastState {
  readonly publish: number;
  /** ISO-8601. */
  readonly time: string;
}

/**
 * The state that a distribution had at a time: that of the newest publish before it (of those that are kept, and that
 * clients have seen), named by the last publish that changed the distribution, so that all times of one state are one
 * moment. Undefined when there was no distribution yet, or nothing of that time is kept.
 * @param before ISO-8601
 */
export async function stateBefore(
  db: Executor,
  row: ArchiveDistribution,
  before: string,
): Promise<PastState | undefined> {
  const { repository, name } = row;
  const newest = await db
    .selectFrom("publish")
    .select(["id", "cause"])
    .where("repository", "=", repository)
    .where("time", "<", before)
    .where("id", "<=", row.published_publish)
    .orderBy("time", "desc")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (newest === undefined || newest.cause === FORGOTTEN) return undefined;
  const begun = await db
    .selectFrom("publish")
    .select("id")
    .where("repository", "=", repository)
    .where("cause", "=", `add distribution ${name}`)
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
  // Where it is not kept any more, the distribution is older than everything that is.
  if (begun !== undefined && begun.id > newest.id) return undefined;
  const changed = Math.max(await lastChange(db, row, newest.id), begun?.id ?? 0);
  // Once publishes are forgotten, so are packages that only they had: a number never names two states.
  return await db
    .selectFrom("publish")
    .select(["id as publish", "time"])
    .where("repository", "=", repository)
    .where("id", ">=", changed)
    .where("cause", "!=", FORGOTTEN)
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
}

/** The last publish up to `until` with which packages came or went; 0 when there is none. */
async function lastChange(db: Executor, row: ArchiveDistribution, until: number): Promise<number> {
  const newest = async (column: "added" | "removed") => {
    const most = sql.ref(`m.${column}`);
    const { rows } = await sql<{ last: number | null }>`
      SELECT max(${most}) AS last FROM ${membersOf(row)} AND ${most} <= ${until}`.execute(db);
    return Number(rows[0]?.last ?? 0);
  };
  return Math.max(await newest("added"), await newest("removed"));
}

function membersOf(row: ArchiveDistribution) {
  return row.kind === "rollback"
    ? sql`rollback_membership AS m WHERE m.distribution_id = ${row.live_id ?? -1} AND m.position = ${row.position ?? -1}`
    : sql`membership AS m WHERE m.distribution_id = ${row.id}`;
}

/**
 * Files of packages that were there at a publish and went with a later one that is published. Their names in the pool
 * may be missing, as a package that goes before its publish is never shown.
 */
export async function filesGoneSince(
  db: Executor,
  row: ArchiveDistribution,
  at: number,
): Promise<PoolEntry[]> {
  const packages =
    row.kind === "rollback"
      ? sql`SELECT rp.package_id FROM rollback_membership AS m CROSS JOIN release_package AS rp
          WHERE m.distribution_id = ${row.live_id ?? -1} AND m.position = ${row.position ?? -1}
            AND rp.release_id = m.release_id`
      : sql`SELECT m.package_id FROM membership AS m WHERE m.distribution_id = ${row.id}`;
  const { rows } = await sql<PoolEntry>`
    SELECT DISTINCT pf.path, pf.sha256 FROM package_file AS f CROSS JOIN pool_file AS pf
      WHERE f.package_id IN (${packages} AND m.removed > ${at} AND m.added <= ${at})
        AND pf.repository = f.repository AND pf.path = f.path`.execute(db);
  return rows;
}
