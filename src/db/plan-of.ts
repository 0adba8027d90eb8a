import { type CompiledQuery, sql } from "kysely";
import type { Database, Executor } from "./database.ts";

export interface QueryPlan {
  /** Names of the indexes that are used, each once, by name; SQLite's own row numbers have none. */
  readonly indexes: readonly string[];
  /** Tables that are read as a whole. */
  readonly scanned: readonly string[];
}

/** For tests: how a database would answer a question. PostgreSQL plans by what is in the tables: fill them before. */
export async function planOf(
  db: Database,
  question: (read: Executor) => { compile(): CompiledQuery },
): Promise<QueryPlan> {
  const query = question(db.read).compile();
  const lines = await linesOf(db, query);
  const found = (pattern: RegExp) => [
    ...new Set(lines.flatMap((line) => pattern.exec(line)?.slice(1).filter(Boolean) ?? [])),
  ];
  // SQLite calls reading a part of the question a scan, too.
  const parts = found(/^(?:CO-ROUTINE|MATERIALIZE) (\w+)$/);
  return {
    indexes: found(
      db.dialect === "sqlite"
        ? / USING (?:COVERING )?INDEX (\w+)/
        : /(?:Index (?:Only )?Scan(?: Backward)? using|Bitmap Index Scan on) (\w+)/,
    ).sort(),
    scanned: found(db.dialect === "sqlite" ? /^SCAN (\w+)$/ : /Seq Scan on (\w+)/).filter(
      (name) => !parts.includes(name),
    ),
  };
}

async function linesOf(db: Database, query: CompiledQuery): Promise<string[]> {
  if (db.dialect === "sqlite") {
    const explained = { ...query, sql: `EXPLAIN QUERY PLAN ${query.sql}` };
    const { rows } = await db.read.executeQuery<{ detail: string }>(explained);
    return rows.map(({ detail }) => detail);
  }
  await sql`ANALYZE`.execute(db.read);
  const { rows } = await db.read.executeQuery<{ "QUERY PLAN": string }>({
    ...query,
    sql: `EXPLAIN ${query.sql}`,
  });
  return rows.map((row) => row["QUERY PLAN"]);
}
