import type { Subscription, Subscriptions } from "#accounts";
import type { CALLS, Handler } from "../index.ts";
import { userOf } from "./user-of.ts";

export type SubscriptionDeps = Subscriptions;

export function createSubscribe(deps: SubscriptionDeps): Handler<typeof CALLS.subscribe> {
  return {
    async run(values, context) {
      const { userId, by } = userOf(context, "subscribe");
      await deps.add(userId, whatOf(values), by);
      return await deps.list(userId);
    },
  };
}

export function createUnsubscribe(deps: SubscriptionDeps): Handler<typeof CALLS.unsubscribe> {
  return {
    async run(values, context) {
      const { userId, by } = userOf(context, "unsubscribe");
      await deps.remove(userId, whatOf(values), by);
      return await deps.list(userId);
    },
  };
}

function whatOf(values: Subscription): Subscription {
  return { package: values.package, distribution: values.distribution };
}
