import { isSourcePackage, parseDistribution } from "#deb";
import { badArgument, isoNow, quoted } from "#platform";
import type { PartDeps } from "./deps.ts";
import type { By } from "./principal.ts";
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
  /** Again: changes nothing. @throws MbdError bad_argument */
  add(userId: number, what: Subscription, by?: By): Promise<void>;
  /** Of exactly this package and distribution; none such: changes nothing. */
  remove(userId: number, what: Subscription, by?: By): Promise<void>;
}

const MAX_SUBSCRIPTIONS = 500;

export function createSubscriptions({ db, clock, audit }: PartDeps): Subscriptions {
  return {
    list: (userId) => listSubscriptions(db.read, userId),
    async add(userId, { package: source, distribution }, by) {
      checkSubscription({ package: source, distribution });
      await db.write(async (tx) => {
        const { who, given } = await selfOf(tx, userId, by);
        if ((await listSubscriptions(tx, userId)).length >= MAX_SUBSCRIPTIONS)
          throw badArgument("package", `there are ${MAX_SUBSCRIPTIONS} subscriptions already`);
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

/** What somebody can wait for. @throws MbdError bad_argument */
function checkSubscription({ package: source, distribution }: Subscription): void {
  if (source !== "" && !isSourcePackage(source))
    throw badArgument("package", `${quoted(source)} is not the name of a source package`);
  if (distribution === "") return;
  const parts = parseDistribution(distribution);
  if (parts === undefined) {
    const example = "such as bookworm-test-unstable";
    throw badArgument(
      "distribution",
      `${quoted(distribution)} is not the name of a distribution, ${example}`,
    );
  }
  if (parts.rollback !== undefined)
    throw badArgument("distribution", "nothing happens in a rollback distribution by itself");
}
