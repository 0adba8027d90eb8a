import type { Executor, Row, Tx } from "#db";

export type OutboxRow = Row<"outbox">;

/** A mail to one address. */
export interface NewMail {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  /** Names the mail: a second one with the same key and recipient is the same mail. */
  readonly key: string;
}

type NewRow = Pick<OutboxRow, "message_id" | "recipient" | "subject" | "body" | "created_at">;

/** The id of the new row; undefined when it was there already. */
export async function insertMail(tx: Tx, row: NewRow): Promise<number | undefined> {
  const inserted = await tx
    .insertInto("outbox")
    .values({ ...row, state: "queued", error: null, ended_at: null })
    .onConflict((conflict) => conflict.columns(["message_id", "recipient"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  return inserted?.id;
}

export async function findMail(db: Executor, id: number): Promise<OutboxRow | undefined> {
  return await db.selectFrom("outbox").selectAll().where("id", "=", id).executeTakeFirst();
}

export interface MailEnd {
  readonly state: "sent" | "dead";
  readonly error: string | null;
  readonly now: string;
}

/** Ends a queued mail. Its text goes: it may hold a link that sets a password. */
export async function endMail(tx: Tx, id: number, { state, error, now }: MailEnd): Promise<void> {
  await tx
    .updateTable("outbox")
    .set({ state, error, body: "", ended_at: now })
    .where("id", "=", id)
    .where("state", "=", "queued")
    .execute();
}

export async function countMailsEndedBefore(db: Executor, time: string): Promise<number> {
  const { count } = await db
    .selectFrom("outbox")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("state", "in", ["sent", "dead"])
    .where("ended_at", "<", time)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function forgetMailsEndedBefore(tx: Tx, time: string): Promise<void> {
  await tx.deleteFrom("outbox").where("state", "in", ["sent", "dead"]).where("ended_at", "<", time).execute();
}
