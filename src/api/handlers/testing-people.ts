import type { OwnKey, Subscription } from "#accounts";
import { MbdError } from "#platform";
import type { UserKeyDeps } from "./set-user-key.ts";
import type { SubscriptionDeps } from "./subscribe.ts";

/** Subscriptions in memory. */
export function fakeSubscriptions(): SubscriptionDeps {
  const all = new Map<number, Subscription[]>();
  const of = (userId: number) => all.get(userId) ?? [];
  const without = (userId: number, { package: source, distribution }: Subscription) =>
    of(userId).filter((it) => it.package !== source || it.distribution !== distribution);
  return {
    list: async (userId) => of(userId),
    add: async (userId, what) => void all.set(userId, [...without(userId, what), what]),
    remove: async (userId, what) => void all.set(userId, without(userId, what)),
  };
}

/** Keys in memory: what is given as key is its fingerprint. */
export function fakeUserKeys(): UserKeyDeps {
  const all = new Map<number, OwnKey>();
  const look: UserKeyDeps["look"] = async ({ key }) => {
    if (!/^[A-F0-9]{40}$/.test(key))
      throw new MbdError("bad_argument", { argument: "key", reason: "it is none" });
    const made = { algorithm: "ed25519", created: "2024-01-02T03:00:00.000Z" };
    return { fingerprint: key, userIds: ["Jane <jane@example.org>"], ...made, state: "waiting" };
  };
  return {
    look,
    get: async (userId) => all.get(userId),
    async set(given) {
      const key = await look(given);
      all.set(given.userId, key);
      return key;
    },
  };
}
