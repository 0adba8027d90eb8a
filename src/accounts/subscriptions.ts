import { isoNow } from "#platform";
import type { PartDeps } from "./deps.ts";
import type { By } from "./principal.ts";
import { refused } from "./rules.ts";
import {
  deleteSubscription,
  insertSubscription,
  listSubscriptions,
  type Subscription,
} from "./subscription-store.ts";
import { selfOf } from "./who.ts";

/** What users want to be told of by mail. */
export interface Subscriptions {
  list(userId: number): Promise<Subscription[]>;
  /** Again: changes nothing. */
  add(userId: number, what: Subscription, by?: By): Promise<void>;
  /** Of exactly this package and distribution; none such: changes nothing. */
  remove(userId: number, what: Subscription, by?: By): Promise<void>;
}

const MAX_SUBSCRIPTIONS = 500;

export function createSubscriptions({ db, clock, audit }: PartDeps): Subscriptions {
  return {
    list: (userId) => listSubscriptions(db.read, userId),
    async add(userId, { package: source, distribution }, by) {
      await db.write(async (tx) => {
        const { who, given } = await selfOf(tx, userId, by);
        if ((await listSubscriptions(tx, userId)).length >= MAX_SUBSCRIPTIONS)
          throw refused("package", `there are ${MAX_SUBSCRIPTIONS} subscriptions already`);
        const what = { package: source, distribution };
        const row = { user_account_id: userId, ...what, created_at: isoNow(clock) };
        if (await insertSubscription(tx, row))
          await audit.done(tx, who, "account.subscribe", { ...given, ...what });
      });
    },
    async remove(userId, { package: source, distribution }, by) {
      await db.write(async (tx) => {
        const { who, given } = await selfOf(tx, userId, by);
        const what = { package: source, distribution };
        if (await deleteSubscription(tx, userId, what))
          await audit.done(tx, who, "account.unsubscribe", { ...given, ...what });
      });
    },
  };
}
