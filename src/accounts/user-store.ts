import type { Database, Executor, NewRow, Row, RowUpdate, Tx } from "#db";

export type UserRow = Row<"user_account">;

/** By exact name, active or not. */
export async function findUser(db: Executor, name: string): Promise<UserRow | undefined> {
  return await db.selectFrom("user_account").selectAll().where("name", "=", name).executeTakeFirst();
}

export async function findUserById(db: Executor, id: number): Promise<UserRow | undefined> {
  return await db.selectFrom("user_account").selectAll().where("id", "=", id).executeTakeFirst();
}

/**
 * A user whose row is this transaction's until its end: what is read of the user afterwards, and decided by it, cannot
 * be changed by another one meanwhile. An update that changes nothing locks on every database.
 */
export async function lockUser(tx: Tx, id: number): Promise<UserRow | undefined> {
  return await tx
    .updateTable("user_account")
    .set((eb) => ({ active: eb.ref("active") }))
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** Whether a name is taken, also in other letters: `Jane` must not pass for `jane`. */
export async function isNameTaken(db: Executor, name: string): Promise<boolean> {
  const row = await db
    .selectFrom("user_account")
    .select("id")
    .where((eb) => eb(eb.fn<string>("lower", ["name"]), "=", name.toLowerCase()))
    .executeTakeFirst();
  return row !== undefined;
}

/** Active accounts with a mail address, in any letters. */
export async function findActiveByEmail(db: Executor, email: string): Promise<UserRow[]> {
  return await db
    .selectFrom("user_account")
    .selectAll()
    .where((eb) => eb(eb.fn<string>("lower", ["email"]), "=", email.toLowerCase()))
    .where("active", "=", 1)
    .orderBy("id")
    .limit(5)
    .execute();
}

export async function listUsers(db: Executor): Promise<UserRow[]> {
  return await db.selectFrom("user_account").selectAll().orderBy("name").execute();
}

export async function insertUser(tx: Tx, user: NewRow<"user_account">): Promise<number> {
  const row = await tx.insertInto("user_account").values(user).returning("id").executeTakeFirstOrThrow();
  return row.id;
}

export async function updateUser(tx: Tx, id: number, change: RowUpdate<"user_account">): Promise<void> {
  await tx.updateTable("user_account").set(change).where("id", "=", id).execute();
}

/** A new hash of the same password, unless the password was changed meanwhile. */
export async function replaceHash(tx: Tx, id: number, old: string, hash: string): Promise<void> {
  await tx
    .updateTable("user_account")
    .set({ password_hash: hash })
    .where("id", "=", id)
    .where("password_hash", "=", old)
    .execute();
}

/**
 * Active administrators. On PostgreSQL their rows are locked, so that of two who are lowered at once the second is
 * counted after the first; on SQLite there is one writer anyway.
 */
export async function countActiveAdmins(tx: Tx, dialect: Database["dialect"]): Promise<number> {
  const admins = tx
    .selectFrom("user_account")
    .select("id")
    .where("level", "=", "ADMIN")
    .where("active", "=", 1)
    .orderBy("id");
  return (await (dialect === "postgres" ? admins.forUpdate() : admins).execute()).length;
}

/** Accounts that registered and were never activated. */
export async function countRegistered(db: Executor): Promise<number> {
  return await count(db, (users) => users.where("active", "=", 0).where("activated_at", "is", null));
}

function usersOf(db: Executor) {
  return db.selectFrom("user_account").select((eb) => eb.fn.countAll<number>().as("number"));
}

type Users = ReturnType<typeof usersOf>;

async function count(db: Executor, which: (users: Users) => Users): Promise<number> {
  return Number((await which(usersOf(db)).executeTakeFirstOrThrow()).number);
}

/** Registrations that nobody activated, begun before a time. */
export async function listForgottenRegistrations(
  db: Executor,
  before: string,
): Promise<{ id: number; name: string }[]> {
  return await db
    .selectFrom("user_account")
    .select(["id", "name"])
    .where("active", "=", 0)
    .where("activated_at", "is", null)
    .where("created_at", "<", before)
    .execute();
}

/** Deletes an account that was never activated, with all that hangs on it. */
export async function deleteUser(tx: Tx, id: number): Promise<void> {
  for (const table of ["session", "account_link", "api_token", "user_key"] as const)
    await tx.deleteFrom(table).where("user_account_id", "=", id).execute();
  for (const table of ["upload_right", "subscription", "known_client"] as const)
    await tx.deleteFrom(table).where("user_account_id", "=", id).execute();
  await tx.deleteFrom("user_account").where("id", "=", id).execute();
}
