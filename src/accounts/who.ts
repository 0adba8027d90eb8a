import type { Executor, Tx } from "#db";
import { MbdError } from "#platform";
import type { By } from "./principal.ts";
import { findUserById, lockUser, type UserRow } from "./user-store.ts";

/** A user by number, active or not. @throws MbdError not_found */
export async function userOf(db: Executor, userId: number): Promise<UserRow> {
  const user = await findUserById(db, userId);
  if (user === undefined) throw new MbdError("not_found", { what: `User ${userId}` });
  return user;
}

/** The same, for one who changes what belongs to the user: others wait. @throws MbdError not_found */
export async function userToChange(tx: Tx, userId: number): Promise<UserRow> {
  const user = await lockUser(tx, userId);
  if (user === undefined) throw new MbdError("not_found", { what: `User ${userId}` });
  return user;
}

/** Who changes a user's own things (the user, unless `by` says otherwise) and whose they are, for records. */
export async function selfOf(
  db: Executor,
  userId: number,
  by: By | undefined,
): Promise<{ who: By; given: { user: string } }> {
  const { name } = await userOf(db, userId);
  return { who: by ?? { kind: "user", name, client: "" }, given: { user: name } };
}
