import type { UserKeys } from "#accounts";
import type { CALLS, Handler } from "../index.ts";
import { userOf } from "./user-of.ts";

export type UserKeyDeps = Pick<UserKeys, "look" | "get" | "set">;

export function createSetUserKey(deps: UserKeyDeps): Handler<typeof CALLS.set_user_key> {
  return {
    async plan({ key }, context) {
      const { userId, by } = userOf(context, "set_user_key");
      const { fingerprint, userIds } = await deps.look({ userId, key });
      const former = await deps.get(userId);
      const set = `Set key ${fingerprint} (${userIds.join(", ")}) as the key of ${by.name}.`;
      if (former?.fingerprint === fingerprint) return [set, "It is the present key: its data are renewed."];
      const replaced = former === undefined ? [] : [`It replaces key ${former.fingerprint}.`];
      return [set, ...replaced, "It uploads nothing before an administrator has activated it."];
    },
    async run({ key }, context) {
      const { userId, by } = userOf(context, "set_user_key");
      const { userIds, ...set } = await deps.set({ userId, key }, by);
      return { ...set, user_ids: [...userIds] };
    },
  };
}
