import { sql } from "kysely";
import { type Executor, nextNumber, type Row, type RowUpdate, type Tx } from "#db";
import {
  BUILD_TRANSITIONS,
  END_STATES,
  type Transition,
  type TransitionName,
  WORKING_STATES,
} from "./build-states.ts";

export type BuildRow = Row<"build">;

/** What a worker must show to write: the row's present attempt. */
export interface BuildLease {
  readonly id: number;
  readonly attempt: number;
  readonly fence: number;
}

/** The row has moved on without this worker, which must stop and throw its result away. */
export class BuildGone extends Error {
  constructor(id: number, transition: string) {
    super(`build ${id}: ${transition} came too late, another attempt or an end state is there`);
    this.name = "BuildGone";
  }
}

type Change = Omit<RowUpdate<"build">, "id" | "state" | "attempt" | "fence" | "packaging_id">;

export async function findBuild(db: Executor, id: number): Promise<BuildRow | undefined> {
  return await db.selectFrom("build").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Builds that are being made or begin as soon as there is a slot. */
export async function countBusyBuilds(db: Executor): Promise<number> {
  const { count } = await db
    .selectFrom("build")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where((eb) =>
      eb.or([
        eb("state", "in", WORKING_STATES),
        eb.and([eb("state", "=", "QUEUED"), eb("held_since", "is", null)]),
      ]),
    )
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** What was given to each other build that a worker has running. */
export async function memoryOfRunning(
  db: Executor,
  worker: string,
  build: number,
): Promise<(number | null)[]> {
  const rows = await db
    .selectFrom("build")
    .select("memory_bytes")
    .where("state", "in", ["LEASED", "BUILDING"])
    .where("worker", "=", worker)
    .where("id", "<>", build)
    .execute();
  return rows.map((row) => row.memory_bytes);
}

export async function noteMemory(tx: Tx, id: number, bytes: number): Promise<void> {
  await tx.updateTable("build").set({ memory_bytes: bytes }).where("id", "=", id).execute();
}

/** B3: a new attempt with a new fence. */
export async function leaseBuild(tx: Tx, id: number, worker: string, now: string): Promise<BuildRow> {
  // One after the other, so that what is given to each is counted for the next.
  await nextNumber(tx, "build_lease");
  const row = await tx
    .updateTable("build")
    .set({
      state: "LEASED",
      attempt: sql`attempt + 1`,
      fence: sql`fence + 1`,
      worker,
      runner: null,
      memory_bytes: null,
      started_at: now,
      reason: null,
      message: null,
      held_since: null,
      no_builder_since: null,
    })
    .where("id", "=", id)
    .where("state", "=", "QUEUED")
    .where("cancel_requested", "=", 0)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw new BuildGone(id, "B3");
  return row;
}

/** One of the transitions that a lease is needed for. @throws BuildGone */
export async function moveBuild(
  tx: Tx,
  lease: BuildLease,
  name: TransitionName,
  change: Change = {},
): Promise<BuildRow> {
  const transition: Transition = BUILD_TRANSITIONS[name];
  let update = tx
    .updateTable("build")
    .set({ ...change, state: transition.to })
    .where("id", "=", lease.id)
    .where("state", "in", [...transition.from]);
  if (transition.fenced) {
    update = update.where("attempt", "=", lease.attempt).where("fence", "=", lease.fence);
  }
  const row = await update.returningAll().executeTakeFirst();
  if (row === undefined) throw new BuildGone(lease.id, name);
  return row;
}

/** Takes back the count of an attempt that ended through no fault of anybody; the fence stays spent. */
export async function uncountAttempt(tx: Tx, id: number): Promise<void> {
  await tx
    .updateTable("build")
    .set({ attempt: sql`attempt - 1` })
    .where("id", "=", id)
    .where("attempt", ">", 0)
    .execute();
}

/** Writes down who runs the attempt. @throws BuildGone */
export async function setRunner(tx: Tx, lease: BuildLease, runner: string): Promise<void> {
  const row = await tx
    .updateTable("build")
    .set({ runner })
    .where("id", "=", lease.id)
    .where("attempt", "=", lease.attempt)
    .where("fence", "=", lease.fence)
    .where("state", "in", [...WORKING_STATES])
    .returning("id")
    .executeTakeFirst();
  if (row === undefined) throw new BuildGone(lease.id, "runner");
}

/**
 * Asks for the end of a build (B16). One that waits is CANCELLED at once; a worker at it is told by the row and ends it.
 * Says which; `ended` had ended before.
 */
export async function requestCancel(
  tx: Tx,
  id: number,
  now: string,
  message: string,
): Promise<"cancelled" | "requested" | "ended"> {
  const waiting = await tx
    .updateTable("build")
    .set({ state: "CANCELLED", cancel_requested: 1, message, ended_at: now })
    .where("id", "=", id)
    .where("state", "in", [...BUILD_TRANSITIONS.B16.from])
    .returning("id")
    .executeTakeFirst();
  if (waiting !== undefined) return "cancelled";
  const working = await tx
    .updateTable("build")
    .set({ cancel_requested: 1 })
    .where("id", "=", id)
    .where("state", "in", [...WORKING_STATES])
    .returning("id")
    .executeTakeFirst();
  return working === undefined ? "ended" : "requested";
}

/** B11: what a waiting build waits for is there, or not on its way any more. Nothing when it does not wait. */
export async function wakeBuild(tx: Tx, id: number, now: string): Promise<void> {
  const { from, to }: Transition = BUILD_TRANSITIONS.B11;
  await tx
    .updateTable("build")
    .set({ state: to, queued_at: now, reason: null, message: null })
    .where("id", "=", id)
    .where("state", "in", [...from])
    .execute();
}

/** What keeps a build from beginning: its source, for as long as that takes, or that nobody can make it (B15). */
export interface Held {
  readonly since: string;
  readonly noBuilder: boolean;
}

/** Says why a build waits, and since when if it is held. */
export async function noteWait(tx: Tx, id: number, message: string, held?: Held): Promise<void> {
  await tx
    .updateTable("build")
    .set({
      message,
      ...(held === undefined
        ? {}
        : {
            held_since: sql<string>`coalesce(held_since, ${held.since})`,
            no_builder_since: held.noBuilder ? sql<string>`coalesce(no_builder_since, ${held.since})` : null,
          }),
    })
    .where("id", "=", id)
    .where("state", "in", ["QUEUED", "DEP_WAIT"])
    .execute();
}

/** Builds for a codename and architecture that are held back, or are being so for the first time; none that pauses. */
export async function heldBuilds(db: Executor, codename: string, arch: string): Promise<number[]> {
  const rows = await db
    .selectFrom("build")
    .select("id")
    .where("state", "=", "QUEUED")
    .where("codename", "=", codename)
    .where("arch", "=", arch)
    .where((eb) => eb.or([eb("held_since", "is not", null), eb("attempt", "=", 0)]))
    .orderBy("id")
    .execute();
  return rows.map(({ id }) => id);
}

/** The priority of a packaging's builds: its own. */
export async function priorityOfBuild(db: Executor, id: number): Promise<number> {
  const row = await db
    .selectFrom("build")
    .innerJoin("packaging", "packaging.id", "build.packaging_id")
    .select("packaging.priority")
    .where("build.id", "=", id)
    .executeTakeFirst();
  return row?.priority ?? 0;
}

/** All builds that have not ended. */
export async function openBuilds(db: Executor): Promise<BuildRow[]> {
  return await db
    .selectFrom("build")
    .selectAll()
    .where("state", "not in", [...END_STATES])
    .orderBy("id")
    .execute();
}
