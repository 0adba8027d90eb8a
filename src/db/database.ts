import { AsyncLocalStorage } from "node:async_hooks";
import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./schema.ts";

/** What a store needs: a transaction, or the read side outside one. */
export type Executor = Kysely<Tables>;

declare const writable: unique symbol;

/** An open transaction; functions that write take this and so can not be called outside one. */
export type Tx = Transaction<Tables> & { readonly [writable]?: true };

export interface Database {
  readonly dialect: "sqlite" | "postgres";
  /** For reading outside transactions; on SQLite a connection of its own that cannot write. */
  readonly read: Executor;
  /**
   * Runs `work` in one transaction: all of it or nothing. Only SQL may be awaited inside. Opening a second one inside
   * would wait for ever on SQLite and is refused.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const current = new AsyncLocalStorage<{ readonly afterCommit: (() => void)[] }>();

/** Calls `then` once the surrounding transaction is committed; never when it is rolled back. */
export function afterCommit(then: () => void): void {
  const transaction = current.getStore();
  if (transaction === undefined) throw new Error("afterCommit outside a transaction");
  transaction.afterCommit.push(then);
}

export async function runTransaction<T>(db: Kysely<Tables>, work: (tx: Tx) => Promise<T>): Promise<T> {
  if (current.getStore() !== undefined) throw new Error("a transaction inside a transaction");
  const context = { afterCommit: [] as (() => void)[] };
  const result = await current.run(context, () => db.transaction().execute((tx) => work(tx)));
  for (const then of context.afterCommit) then();
  return result;
}

/** The next number of a gap-free counter, committed or rolled back with everything else. */
export async function nextNumber(tx: Tx, name: string): Promise<number> {
  const row = await tx
    .insertInto("counter")
    .values({ name, value: 1 })
    .onConflict((conflict) =>
      conflict.column("name").doUpdateSet((eb) => ({ value: eb("counter.value", "+", 1) })),
    )
    .returning("value")
    .executeTakeFirstOrThrow();
  return Number(row.value);
}

/**
 * Waits for the transactions that took a number of a counter and are open, without taking one; later statements see what
 * they did. On SQLite there is one writer anyway.
 */
export async function lockCounter(tx: Tx, name: string): Promise<void> {
  await tx
    .updateTable("counter")
    .set((eb) => ({ value: eb.ref("value") }))
    .where("name", "=", name)
    .execute();
}

/** Whether an error is a broken unique constraint, on either database. */
export function isUniqueViolation(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY" || code === "23505";
}
