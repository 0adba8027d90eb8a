import type { Executor, NewRow, Row, RowUpdate, Tx } from "#db";

export type HookRow = Row<"hook">;
export type Delivery = Row<"hook_delivery">;

export async function insertHook(tx: Tx, row: NewRow<"hook">): Promise<void> {
  await tx.insertInto("hook").values(row).execute();
}

export async function listHooks(db: Executor): Promise<HookRow[]> {
  return await db.selectFrom("hook").selectAll().orderBy("name").execute();
}

export async function findHook(db: Executor, id: number): Promise<HookRow | undefined> {
  return await db.selectFrom("hook").selectAll().where("id", "=", id).executeTakeFirst();
}

export async function findHookNamed(db: Executor, name: string): Promise<HookRow | undefined> {
  return await db.selectFrom("hook").selectAll().where("name", "=", name).executeTakeFirst();
}

export async function updateHook(tx: Tx, id: number, change: RowUpdate<"hook">): Promise<void> {
  await tx.updateTable("hook").set(change).where("id", "=", id).execute();
}

/** With what was still to be sent to it. */
export async function deleteHook(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom("hook_delivery").where("hook_id", "=", id).execute();
  await tx.deleteFrom("hook").where("id", "=", id).execute();
}

export async function insertDeliveries(
  tx: Tx,
  hookIds: readonly number[],
  eventId: number,
  now: string,
): Promise<void> {
  if (hookIds.length === 0) return;
  await tx
    .insertInto("hook_delivery")
    .values(
      hookIds.map((hook_id) => ({
        ...{ hook_id, event_id: eventId, state: "queued", attempt: 0, next_at: now },
        ...{ error: null, created_at: now, ended_at: null },
      })),
    )
    .onConflict((conflict) => conflict.columns(["hook_id", "event_id"]).doNothing())
    .execute();
}

/** What is due: in the order of events, but what failed before stands behind what did not. */
export async function nextDelivery(db: Executor, hookId: number, now: string): Promise<Delivery | undefined> {
  return await db
    .selectFrom("hook_delivery")
    .selectAll()
    .where("hook_id", "=", hookId)
    .where("state", "=", "queued")
    .where("next_at", "<=", now)
    .orderBy("attempt")
    .orderBy("event_id")
    .limit(1)
    .executeTakeFirst();
}

export async function hasQueued(db: Executor, hookId: number): Promise<boolean> {
  const row = await db
    .selectFrom("hook_delivery")
    .select("id")
    .where("hook_id", "=", hookId)
    .where("state", "=", "queued")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function updateDelivery(tx: Tx, id: number, change: RowUpdate<"hook_delivery">): Promise<void> {
  await tx
    .updateTable("hook_delivery")
    .set(change)
    .where("id", "=", id)
    .where("state", "=", "queued")
    .execute();
}

/** Gives up what waits since before `time`. */
export async function giveUpBefore(
  tx: Tx,
  hookId: number,
  time: string,
  end: { readonly error: string; readonly now: string },
): Promise<void> {
  await tx
    .updateTable("hook_delivery")
    .set({ state: "dead", error: end.error, ended_at: end.now })
    .where("hook_id", "=", hookId)
    .where("state", "=", "queued")
    .where("created_at", "<=", time)
    .execute();
}

export async function forgetEndedBefore(tx: Tx, hookId: number, time: string): Promise<void> {
  await tx
    .deleteFrom("hook_delivery")
    .where("hook_id", "=", hookId)
    .where("state", "in", ["sent", "dead"])
    .where("ended_at", "<", time)
    .execute();
}

/** How many deliveries of each hook are in a state. */
export async function countDeliveries(db: Executor, state: "queued" | "dead"): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom("hook_delivery")
    .select((eb) => ["hook_id", eb.fn.countAll().as("count")])
    .where("state", "=", state)
    .groupBy("hook_id")
    .execute();
  return new Map(rows.map(({ hook_id, count }) => [hook_id, Number(count)]));
}
