import type { By } from "#accounts";
import { MbdError } from "#platform";
import type { CallContext } from "../index.ts";

/** The user that a call is for, and who is recorded for it. @throws MbdError not_a_user */
export function userOf({ principal, client }: CallContext, call: string): { userId: number; by: By } {
  const { name, kind, userId } = principal;
  if (userId === undefined) throw new MbdError("not_a_user", { what: `Call '${call}'`, name });
  return { userId, by: { name, kind, client } };
}
