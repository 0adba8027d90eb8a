import type { Database, Executor, Row, Tx } from "#db";
import { type Clock, errorText, isoAfter, isoNow, type Log } from "#platform";

/**
 * Limits of waiting count only time in which the daemon was there and its engine ran: what neither could do is held
 * against nobody. That time is rows, one for each stretch of it, prolonged every minute; a minute in which that was not
 * done, as the machine slept or the process was killed, is no part of it.
 */
export interface WorkTime {
  /** The engine begins to run. */
  begin(tx: Tx): Promise<void>;
  /** It runs still. */
  goOn(tx: Tx): Promise<void>;
  /**
   * How many milliseconds of a limit are left to what waits since an ISO time; 0 or less: it is over. Nothing is over
   * while the engine stands, nor in the first minute of it for what waited before: what runners left is taken up first.
   */
  left(db: Executor, since: string, limitSeconds: number): Promise<number>;
}

const BEAT_MS = 60_000;
/** A stretch that was not prolonged for so long has ended. */
const GAP_MS = 3 * BEAT_MS;
const SETTLE_MS = 60_000;
/** Far more than anything waits. */
const KEPT_SECONDS = 90 * 24 * 3600;

export function createWorkTime(clock: Clock): WorkTime {
  const isLasting = (span: Pick<Row<"work_span">, "until">): boolean =>
    clock.now().getTime() - Date.parse(span.until) <= GAP_MS;

  async function begin(tx: Tx): Promise<void> {
    const now = isoNow(clock);
    await tx.deleteFrom("work_span").where("until", "<", isoAfter(clock, -KEPT_SECONDS)).execute();
    await tx.insertInto("work_span").values({ began_at: now, until: now }).execute();
  }

  return {
    begin,
    async goOn(tx) {
      const last = await lastSpan(tx);
      if (last === undefined || !isLasting(last)) return await begin(tx);
      await tx
        .updateTable("work_span")
        .set({ until: isoNow(clock) })
        .where("id", "=", last.id)
        .execute();
    },
    async left(db, since, limitSeconds) {
      if (limitSeconds === 0) return 0;
      const last = await lastSpan(db);
      const now = clock.now().getTime();
      const lasting = last !== undefined && isLasting(last) ? last : undefined;
      const spans = await db.selectFrom("work_span").selectAll().where("until", ">=", since).execute();
      const ended = spans.filter(({ id }) => id !== lasting?.id).map(timesOf);
      const all = lasting === undefined ? ended : [...ended, { ...timesOf(lasting), until: now }];
      const left = limitSeconds * 1000 - sumSince(all, Date.parse(since));
      if (lasting === undefined) return Math.max(left, SETTLE_MS);
      return since < lasting.began_at ? Math.max(left, timesOf(lasting).beganAt + SETTLE_MS - now) : left;
    },
  };
}

/** For who knows no engine: all time counts. */
export function wallTime(clock: Clock): Pick<WorkTime, "left"> {
  return {
    left: async (_db, since, limitSeconds) => Date.parse(since) + limitSeconds * 1000 - clock.now().getTime(),
  };
}

/** Writes down every minute that the engine runs, as long as it does. */
export function keepWorkTime(deps: {
  readonly db: Database;
  readonly log: Log;
  readonly workTime: Pick<WorkTime, "goOn">;
  isRunning(): boolean;
}): { stop(): void } {
  const { db, log, workTime } = deps;
  const timer = setInterval(() => {
    if (!deps.isRunning()) return;
    db.write((tx) => workTime.goOn(tx)).catch((error: unknown) =>
      log.error({ error: errorText(error) }, "that the engine runs could not be written down"),
    );
  }, BEAT_MS);
  return { stop: () => clearInterval(timer) };
}

async function lastSpan(db: Executor): Promise<Row<"work_span"> | undefined> {
  return await db.selectFrom("work_span").selectAll().orderBy("id", "desc").limit(1).executeTakeFirst();
}

function timesOf({ began_at, until }: Row<"work_span">) {
  return { beganAt: Date.parse(began_at), until: Date.parse(until) };
}

function sumSince(spans: readonly ReturnType<typeof timesOf>[], since: number): number {
  return spans.reduce((sum, { beganAt, until }) => sum + Math.max(0, until - Math.max(beganAt, since)), 0);
}
