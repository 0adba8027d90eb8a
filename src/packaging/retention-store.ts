import { KEPT_LOG, keptDir } from "#builds";
import type { Executor, Row, Tx } from "#db";
import { type Home, namesIn } from "#platform";
import type { KeptBuild, KeptPackaging, KeptUpload } from "./retention-plan.ts";

const ROWS = 500;
const ATTEMPT_LOG = /^attempt-(\d+)(?:-[a-z]+)?\.(?:log\.zst|summary)$/;

type BuildRow = Pick<
  Row<"build">,
  | ("id" | "packaging_id" | "bkey" | "state" | "attempt" | "fence" | "ended_at")
  | ("files_expired_at" | "log_expired_at")
> & { readonly has_result: number | bigint | boolean };

/** Uploads of which something is there that may go, with all their packagings, as they are now. */
export async function keptUploads(
  db: Executor,
  home: Pick<Home, "builds">,
  endedBefore: string,
): Promise<KeptUpload[]> {
  const referenced = await referencedBkeys(db);
  const ids = await candidates(db, endedBefore);
  const uploads: KeptUpload[] = [];
  for (let at = 0; at < ids.length; at += ROWS) {
    uploads.push(...(await uploadsOf(db, home, ids.slice(at, at + ROWS), referenced)));
  }
  return uploads;
}

async function candidates(db: Executor, endedBefore: string): Promise<number[]> {
  const rows = await db
    .selectFrom("packaging")
    .select("upload_id")
    .distinct()
    .where("expired_at", "is", null)
    .where("ended_at", "<=", endedBefore)
    .orderBy("upload_id")
    .execute();
  return rows.map(({ upload_id }) => upload_id);
}

/** Of all that was built here and the archive has. */
async function referencedBkeys(db: Executor): Promise<Set<string>> {
  const rows = await db.selectFrom("release").select("bkey").where("bkey", "is not", null).execute();
  return new Set(rows.flatMap(({ bkey }) => bkey ?? []));
}

async function uploadsOf(
  db: Executor,
  home: Pick<Home, "builds">,
  ids: readonly number[],
  referenced: ReadonlySet<string>,
): Promise<KeptUpload[]> {
  const uploads = await db.selectFrom("upload").select(["id", "expired_at"]).where("id", "in", ids).execute();
  const packagings = await db
    .selectFrom("packaging")
    .select(["id", "bkey", "state", "ended_at", "pinned", "release_gone_at", "upload_id"])
    .where("upload_id", "in", ids)
    .orderBy("id")
    .execute();
  const builds = await buildsOf(
    db,
    packagings.map(({ id }) => id),
  );
  const made = new Map<number, KeptPackaging[]>(ids.map((id) => [id, []]));
  for (const row of packagings) {
    const own = builds.filter((build) => build.packaging_id === row.id);
    made.get(row.upload_id)?.push({
      id: row.id,
      bkey: row.bkey,
      state: row.state,
      endedAt: row.ended_at,
      pinned: row.pinned === 1,
      isReferenced: referenced.has(row.bkey),
      goneAt: row.release_gone_at,
      builds: await Promise.all(own.map((build) => keptBuild(home, build))),
    });
  }
  return uploads.map(({ id, expired_at }) => ({
    id,
    hasFiles: expired_at === null,
    packagings: made.get(id) ?? [],
  }));
}

async function buildsOf(db: Executor, packagings: readonly number[]): Promise<BuildRow[]> {
  const rows: BuildRow[] = [];
  for (let at = 0; at < packagings.length; at += ROWS) {
    rows.push(
      ...(await db
        .selectFrom("build")
        .select((eb) => [
          ...(["id", "packaging_id", "bkey", "state", "attempt", "fence", "ended_at"] as const),
          ...(["files_expired_at", "log_expired_at"] as const),
          eb("result", "is not", null).$castTo<number>().as("has_result"),
        ])
        .where("packaging_id", "in", packagings.slice(at, at + ROWS))
        .orderBy("id")
        .execute()),
    );
  }
  return rows;
}

async function keptBuild(home: Pick<Home, "builds">, row: BuildRow): Promise<KeptBuild> {
  const isThere = (row.fence > 0 || row.attempt > 0) && row.log_expired_at === null;
  // Only what was begun more than once, or ended while it waited, has logs of earlier attempts: most need no look.
  const mayHave = row.fence > 1 || row.attempt > 1 || row.state === "FAILED" || row.state === "CANCELLED";
  const names = isThere && mayHave ? await namesIn(keptDir(home, row.bkey)) : [];
  return {
    id: row.id,
    bkey: row.bkey,
    endedAt: row.ended_at,
    hasFiles: Boolean(row.has_result) && row.files_expired_at === null,
    // Without an attempt it has no log.
    hasLog: isThere,
    attemptLogs: attemptLogsIn(names),
  };
}

/** Where a build has no other log, that of its newest attempt is its log, and goes with it. */
function attemptLogsIn(names: readonly string[]): string[] {
  const logs = names.filter((name) => ATTEMPT_LOG.test(name));
  if (names.includes(KEPT_LOG)) return logs;
  const numberOf = (name: string): number => Number(ATTEMPT_LOG.exec(name)?.[1]);
  const newest = Math.max(...logs.map(numberOf));
  return logs.filter((name) => numberOf(name) !== newest);
}

/** Sets a time where there is none yet, but for what is pinned. */
export async function markBuilds(
  tx: Tx,
  ids: readonly number[],
  column: "files_expired_at" | "log_expired_at",
  now: string,
): Promise<void> {
  for (const some of parts(ids)) {
    await tx
      .updateTable("build")
      .set({ [column]: now })
      .where("id", "in", some)
      .where(column, "is", null)
      .where((eb) =>
        eb("packaging_id", "in", eb.selectFrom("packaging").select("packaging.id").where("pinned", "=", 0)),
      )
      .execute();
  }
}

/** Whether somebody pinned the packaging of a build since it was decided what goes. */
export async function isPinned(db: Executor, buildBkey: string): Promise<boolean> {
  const row = await db
    .selectFrom("build")
    .innerJoin("packaging", "packaging.id", "build.packaging_id")
    .select("packaging.pinned")
    .where("build.bkey", "=", buildBkey)
    .executeTakeFirst();
  return row?.pinned === 1;
}

export async function markPackagings(
  tx: Tx,
  ids: readonly number[],
  column: "release_gone_at" | "expired_at",
  now: string,
): Promise<void> {
  for (const some of parts(ids)) {
    await tx
      .updateTable("packaging")
      .set({ [column]: now })
      .where("id", "in", some)
      .where("pinned", "=", 0)
      .where(column, "is", null)
      .execute();
  }
}

/** But for those that somebody tries again, or pinned, since it was decided. The text of the .changes goes with the files. */
export async function expireUploads(tx: Tx, ids: readonly number[], now: string): Promise<void> {
  for (const some of parts(ids)) {
    await tx
      .updateTable("upload")
      .set({ expired_at: now, changes_text: null })
      .where("id", "in", some)
      .where("expired_at", "is", null)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom("packaging")
              .select("packaging.id")
              .whereRef("packaging.upload_id", "=", "upload.id")
              .where((or) => or.or([or("packaging.ended_at", "is", null), or("packaging.pinned", "=", 1)])),
          ),
        ),
      )
      .execute();
  }
}

/** False when there is no such packaging. */
export async function setPinned(tx: Tx, bkey: string, pinned: boolean): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("packaging")
    .set({ pinned: pinned ? 1 : 0 })
    .where("bkey", "=", bkey)
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

function parts(ids: readonly number[]): (readonly number[])[] {
  return Array.from({ length: Math.ceil(ids.length / ROWS) }, (_, at) =>
    ids.slice(at * ROWS, (at + 1) * ROWS),
  );
}
