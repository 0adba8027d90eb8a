import { sql } from "kysely";
import type { Database } from "./database.ts";

const TABLES = ["upload", "packaging", "build"] as const;
export type StateTable = (typeof TABLES)[number];

/**
 * For tests: notes each change of a state from now on, by triggers, so that no code that changes one can be missed.
 * Answers how to read them: `LEASED BUILDING`, with `-` for what is not there yet.
 */
export async function watchStates(db: Database): Promise<(table: StateTable) => Promise<string[]>> {
  const sqlite = db.dialect === "sqlite";
  const id = sql.raw(
    sqlite ? "integer PRIMARY KEY AUTOINCREMENT" : "integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
  );
  await db.write(async (tx) => {
    await sql`CREATE TABLE state_history (id ${id}, of_table text NOT NULL, change text NOT NULL)`.execute(
      tx,
    );
    for (const table of TABLES) {
      for (const statement of sqlite ? sqliteTriggers(table) : postgresTriggers(table)) {
        await sql.raw(statement).execute(tx);
      }
    }
  });
  return async (table) => {
    const { rows } = await sql<{
      change: string;
    }>`SELECT change FROM state_history WHERE of_table = ${table} ORDER BY id`.execute(db.read);
    return rows.map(({ change }) => change);
  };
}

function sqliteTriggers(table: StateTable): string[] {
  const note = (change: string) =>
    `BEGIN INSERT INTO state_history (of_table, change) VALUES ('${table}', ${change}); END`;
  return [
    `CREATE TRIGGER note_new_${table} AFTER INSERT ON ${table} ${note("'- ' || NEW.state")}`,
    `CREATE TRIGGER note_${table} AFTER UPDATE OF state ON ${table} WHEN OLD.state <> NEW.state ${note("OLD.state || ' ' || NEW.state")}`,
  ];
}

function postgresTriggers(table: StateTable): string[] {
  return [
    `CREATE FUNCTION note_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF TG_OP = 'INSERT' THEN
         INSERT INTO state_history (of_table, change) VALUES ('${table}', '- ' || NEW.state);
       ELSIF OLD.state <> NEW.state THEN
         INSERT INTO state_history (of_table, change) VALUES ('${table}', OLD.state || ' ' || NEW.state);
       END IF;
       RETURN NEW;
     END $$`,
    `CREATE TRIGGER note_${table} AFTER INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION note_${table}()`,
  ];
}
