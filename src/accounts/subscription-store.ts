import type { Executor, NewRow, Tx } from "#db";

/** Empty text stands for any. */
export interface Subscription {
  readonly package: string;
  readonly distribution: string;
}

export async function listSubscriptions(db: Executor, userId: number): Promise<Subscription[]> {
  return await db
    .selectFrom("subscription")
    .select(["package", "distribution"])
    .where("user_account_id", "=", userId)
    .orderBy("package")
    .orderBy("distribution")
    .execute();
}

/** Saying it again changes nothing; returns whether it is new. */
export async function insertSubscription(tx: Tx, row: NewRow<"subscription">): Promise<boolean> {
  const result = await tx
    .insertInto("subscription")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
}

export async function deleteSubscription(tx: Tx, userId: number, what: Subscription): Promise<boolean> {
  const result = await tx
    .deleteFrom("subscription")
    .where("user_account_id", "=", userId)
    .where("package", "=", what.package)
    .where("distribution", "=", what.distribution)
    .executeTakeFirst();
  return Number(result.numDeletedRows) > 0;
}

/** Active users with a mail address whose subscriptions match; each once. */
export async function findSubscribers(
  db: Executor,
  what: Subscription,
): Promise<{ name: string; email: string }[]> {
  return await db
    .selectFrom("subscription")
    .innerJoin("user_account", "user_account.id", "subscription.user_account_id")
    .select(["user_account.name", "user_account.email"])
    .distinct()
    .where("user_account.active", "=", 1)
    .where("user_account.email", "!=", "")
    .where("subscription.package", "in", ["", what.package])
    .where("subscription.distribution", "in", ["", what.distribution])
    .orderBy("user_account.name")
    .execute();
}
