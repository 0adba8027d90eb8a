import { MbdError } from "#platform";
import type { PartDeps } from "./deps.ts";
import { isKnownClient, isToBeRemembered, rememberClient } from "./known-clients.ts";
import type { By } from "./principal.ts";
import { findUser, findUserById, replaceHash, type UserRow } from "./user-store.ts";

/** Names and passwords, checked. */
export interface Credentials {
  /**
   * The active account of this name and password. A name that does not exist takes as long and answers the same as a
   * wrong password. @throws MbdError bad_credentials, too_many, account_inactive (only to who knows the password)
   */
  check(given: { name: string; password: string; client: string }): Promise<UserRow>;
  /** The same for who is known already; for changes that ask for the password again. */
  checkOwn(given: { userId: number; password: string; client: string }): Promise<UserRow>;
}

const MAX_PASSWORD = 4096;

export function createCredentials(
  deps: Pick<PartDeps, "db" | "clock" | "audit" | "passwords" | "limits">,
): Credentials {
  const { db, audit, passwords, limits } = deps;

  async function refuse(by: By, code: "bad_credentials" | "account_inactive"): Promise<never> {
    const error = new MbdError(code, { name: by.name });
    const { kind, name, client } = by;
    await audit.record(undefined, {
      ...{ actor: { kind, name }, client },
      ...{ action: "account.sign_in", given: { name }, outcome: "failed", error: error.message },
    });
    throw error;
  }

  async function verify(
    user: UserRow | undefined,
    given: { name: string; password: string; client: string },
  ): Promise<UserRow> {
    const { name, password, client } = given;
    const known = await isKnownClient(deps, db.read, user?.id, client);
    const attempt = limits.begin({ name, client, known });
    // Nobody has proven to be this user, so the record names nobody.
    const by: By = { kind: "nobody", name: name.slice(0, 64), client };
    const right = await passwords.check(password.slice(0, MAX_PASSWORD), user?.password_hash);
    if (user === undefined || !right || password.length > MAX_PASSWORD)
      return await refuse(by, "bad_credentials");
    attempt.succeeded();
    if (user.active !== 1) return await refuse(by, "account_inactive");
    if (passwords.isOutdated(user.password_hash)) {
      const hash = await passwords.hash(password);
      await db.write((tx) => replaceHash(tx, user.id, user.password_hash, hash));
    }
    if (await isToBeRemembered(deps, db.read, user.id, client))
      await db.write((tx) => rememberClient(deps, tx, user.id, client));
    return user;
  }

  return {
    check: async (given) => await verify(await findUser(db.read, given.name), given),
    async checkOwn({ userId, password, client }) {
      const user = await findUserById(db.read, userId);
      return await verify(user, { name: user?.name ?? "", password, client });
    },
  };
}
