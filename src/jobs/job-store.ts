import { type RawBuilder, sql } from "kysely";
import type { Executor, Row, RowUpdate, Tx } from "#db";

/** A unit of work to be done once for its subject. */
export interface NewJob {
  readonly kind: string;
  /** What it is about, e.g. `upload:17`. */
  readonly subject: string;
  readonly priority?: number;
  /** ISO time before which it does not start. */
  readonly runAfter?: string;
}

export interface Lease {
  readonly id: number;
  readonly fence: number;
}

export type Job = Row<"job">;

type JobChange = Omit<RowUpdate<"job">, "attempt" | "run_after"> & {
  attempt?: number | RawBuilder<number>;
  run_after?: string | RawBuilder<string>;
};

/**
 * Asks for work. While a job for the same (kind, subject) is queued this adds nothing (but an earlier start or higher
 * priority counts); while one is running, it is run once more afterwards, as it may not have seen what caused this, but not
 * before the start that was asked for: one that asks for itself later would begin again at once, for ever.
 */
export async function enqueueJob(tx: Tx, job: NewJob, now: string): Promise<void> {
  const priority = job.priority ?? 0;
  const runAfter = job.runAfter ?? now;
  const open = await tx
    .selectFrom("job")
    .selectAll()
    .where("kind", "=", job.kind)
    .where("subject", "=", job.subject)
    .where("state", "in", ["queued", "leased"])
    .executeTakeFirst();
  if (open === undefined) {
    await tx
      .insertInto("job")
      .values({
        kind: job.kind,
        subject: job.subject,
        state: "queued",
        priority,
        run_after: runAfter,
        attempt: 0,
        max_attempts: 0,
        lease_owner: null,
        lease_expires_at: null,
        fence: 0,
        again: 0,
        error: null,
        created_at: now,
        ended_at: null,
      })
      .execute();
    return;
  }
  const isAsked = open.state === "queued" || open.again === 1;
  const change = {
    priority: Math.max(priority, open.priority),
    run_after: isAsked ? earlier(runAfter, open.run_after) : runAfter,
    ...(open.state === "leased" ? { again: 1 as const } : {}),
  };
  await tx.updateTable("job").set(change).where("id", "=", open.id).execute();
}

/** What may be taken of a kind: all, or only these subjects. */
export interface Takable {
  readonly kind: string;
  readonly subjects?: readonly string[];
}

/** Takes the best queued job of these kinds, or nothing: highest priority, then oldest. */
export async function takeJob(
  tx: Tx,
  kinds: readonly Takable[],
  owner: string,
  now: string,
  leaseUntil: (kind: string) => string,
): Promise<Job | undefined> {
  const whole = kinds.filter(({ subjects }) => subjects === undefined);
  const some = kinds.filter(({ subjects }) => subjects !== undefined && subjects.length > 0);
  if (whole.length + some.length === 0) return undefined;
  const next = await tx
    .selectFrom("job")
    .select(["id", "kind"])
    .where("state", "=", "queued")
    .where((eb) => {
      const names = whole.map(({ kind }) => kind);
      return eb.or([
        ...(names.length === 0 ? [] : [eb("kind", "in", names)]),
        ...some.map(({ kind, subjects = [] }) => eb("kind", "=", kind).and("subject", "in", [...subjects])),
      ]);
    })
    .where("run_after", "<=", now)
    .orderBy("priority", "desc")
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
  if (next === undefined) return undefined;
  return await tx
    .updateTable("job")
    .set({
      state: "leased",
      lease_owner: owner,
      lease_expires_at: leaseUntil(next.kind),
      attempt: sql`attempt + 1`,
      fence: sql`fence + 1`,
      again: 0,
    })
    .where("id", "=", next.id)
    .where("state", "=", "queued")
    .returningAll()
    .executeTakeFirst();
}

/** Prolongs a lease; false when it is lost. */
export async function renewLease(tx: Tx, lease: Lease, until: string): Promise<boolean> {
  return (await updateLeased(tx, lease, { lease_expires_at: until })) === 1;
}

export async function holdsLease(db: Executor, lease: Lease): Promise<boolean> {
  const row = await db
    .selectFrom("job")
    .select("id")
    .where("id", "=", lease.id)
    .where("fence", "=", lease.fence)
    .where("state", "=", "leased")
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Ends a job as done, or queues it once more, for the start that is in its row, when it was asked for again meanwhile.
 * False when the lease is lost.
 */
export async function finishJob(tx: Tx, lease: Lease, now: string): Promise<boolean> {
  const ended = await updateLeased(tx, lease, { state: "done", ended_at: now, lease_owner: null }, false);
  if (ended === 1) return true;
  const again = {
    state: "queued",
    again: 0 as const,
    attempt: 0,
    lease_owner: null,
    error: null,
  };
  return (await updateLeased(tx, lease, again)) === 1;
}

export interface Postponed {
  readonly runAfter: string;
  readonly error: string;
  /** Nothing failed: the attempt does not count, and an earlier start that was asked for meanwhile counts. */
  readonly free: boolean;
}

/** Gives a job back to be tried later. */
export async function postponeJob(tx: Tx, lease: Lease, later: Postponed): Promise<boolean> {
  const { runAfter, free } = later;
  const change = {
    state: "queued",
    again: 0 as const,
    run_after: runAfter,
    error: later.error,
    lease_owner: null,
    ...(free
      ? {
          attempt: sql<number>`attempt - 1`,
          run_after: sql<string>`CASE WHEN again = 1 AND run_after < ${runAfter} THEN run_after ELSE ${runAfter} END`,
        }
      : {}),
  };
  return (await updateLeased(tx, lease, change)) === 1;
}

export async function killJob(tx: Tx, lease: Lease, error: string, now: string): Promise<boolean> {
  return (await updateLeased(tx, lease, { state: "dead", error, ended_at: now, lease_owner: null })) === 1;
}

export interface LeaseRules {
  /** Whether the process of that name is gone. */
  isGone(owner: string): boolean;
  /** New end of a lease that ran out while its handler lives (a pause of the machine, a blocked thread). */
  keptUntil(lease: Lease, kind: string): string | undefined;
  /** What ends with its process costs these kinds no attempt. */
  ownAttempts(kind: string): boolean;
}

/** Queues what nobody works on any more: leases that ran out, and all of owners that are gone. */
export async function releaseLeases(tx: Tx, now: string, rules: LeaseRules): Promise<number> {
  const leased = await tx
    .selectFrom("job")
    .select(["id", "kind", "fence", "attempt", "lease_owner", "lease_expires_at"])
    .where("state", "=", "leased")
    .execute();
  let count = 0;
  for (const job of leased) {
    const isGone = rules.isGone(job.lease_owner ?? "");
    if (!isGone && (job.lease_expires_at ?? "") > now) continue;
    const keptUntil = isGone ? undefined : rules.keptUntil(job, job.kind);
    if (keptUntil !== undefined) {
      await renewLease(tx, job, keptUntil);
      continue;
    }
    const isFree = isGone && rules.ownAttempts(job.kind);
    count += await updateLeased(tx, job, {
      state: "queued",
      run_after: now,
      lease_owner: null,
      fence: job.fence + 1,
      attempt: Math.max(0, isFree ? job.attempt - 1 : job.attempt),
    });
  }
  return count;
}

async function updateLeased(tx: Tx, lease: Lease, change: JobChange, again?: boolean): Promise<number> {
  const update = tx
    .updateTable("job")
    .set(change)
    .where("id", "=", lease.id)
    .where("fence", "=", lease.fence)
    .where("state", "=", "leased");
  const result = await (again === undefined
    ? update
    : update.where("again", "=", again ? 1 : 0)
  ).executeTakeFirst();
  return Number(result.numUpdatedRows);
}

function earlier(a: string, b: string): string {
  return a < b ? a : b;
}

/** Gives an open job another priority; says whether there was one. */
export async function setJobPriority(
  tx: Tx,
  job: Pick<NewJob, "kind" | "subject">,
  priority: number,
): Promise<boolean> {
  const result = await tx
    .updateTable("job")
    .set({ priority })
    .where("kind", "=", job.kind)
    .where("subject", "=", job.subject)
    .where("state", "in", ["queued", "leased"])
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** Open jobs of a kind, for one who does their work without a runner. */
export async function openJobs(db: Executor, kind: string): Promise<Job[]> {
  return await db
    .selectFrom("job")
    .selectAll()
    .where("kind", "=", kind)
    .where("state", "in", ["queued", "leased"])
    .orderBy("id")
    .execute();
}

/** Ends jobs whose work was done without a runner; for the holder of the home's lock while no runner runs. */
export async function settleJobs(tx: Tx, ids: readonly number[], now: string): Promise<void> {
  for (let at = 0; at < ids.length; at += 500) {
    await tx
      .updateTable("job")
      .set({ state: "done", ended_at: now, lease_owner: null })
      .where("id", "in", ids.slice(at, at + 500))
      .where("state", "in", ["queued", "leased"])
      .execute();
  }
}

/** Forgets jobs that ended before a moment. Returns how many. */
export async function forgetJobsEndedBefore(tx: Tx, time: string): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom("job")
    .where("state", "in", ["done", "dead"])
    .where("ended_at", "<", time)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

export async function countJobsEndedBefore(db: Executor, time: string): Promise<number> {
  const { count } = await db
    .selectFrom("job")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("state", "in", ["done", "dead"])
    .where("ended_at", "<", time)
    .executeTakeFirstOrThrow();
  return Number(count);
}
