import type Sqlite from "better-sqlite3";
import type { SqliteDatabase } from "kysely";

/** More than the program has texts of statements; lists of values of many lengths make more. */
const STATEMENTS = 500;

export interface StatementCache extends SqliteDatabase {
  /** Statements made before a change of the schema may know their columns no more. */
  forget(): void;
}

/**
 * A connection that keeps its statements: to understand the text of one took longer than to run it, and the same ones
 * come again and again. The one not used for longest goes first.
 */
export function createStatementCache(database: Sqlite.Database): StatementCache {
  const kept = new Map<string, Sqlite.Statement>();
  return {
    prepare(text) {
      const known = kept.get(text);
      // One whose rows are still being read cannot be run again.
      if (known?.busy === true) return database.prepare(text);
      const statement = known ?? database.prepare(text);
      kept.delete(text);
      kept.set(text, statement);
      const [oldest] = kept.keys();
      if (kept.size > STATEMENTS && oldest !== undefined) kept.delete(oldest);
      return statement;
    },
    forget: () => kept.clear(),
    close: () => void database.close(),
  };
}
