import { Kysely, PostgresDialect } from "kysely";
import type pg from "pg";
import { type Database, runTransaction } from "./database.ts";
import { migrate } from "./migrate.ts";
import type { Tables } from "./schema.ts";

const INT8_OID = 20;

/** Opens a PostgreSQL database given as a libpq URL, or by the PG* environment when the URL is empty. */
export async function openPostgres(url: string): Promise<Database> {
  // Loaded only by those who use it: it takes a fifth of a second.
  const { default: client } = await import("pg");
  const types = {
    // Our bigints are counters and sizes below 2^53.
    getTypeParser: (oid: number, format?: "text" | "binary") =>
      oid === INT8_OID ? (text: string) => Number(text) : client.types.getTypeParser(oid, format),
  };
  const pool = new client.Pool({
    ...(url === "" ? {} : { connectionString: url }),
    max: 8,
    types: types as pg.CustomTypesConfig,
  });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    dialect: "postgres",
    read: db,
    write: (work) => runTransaction(db, work),
    close: () => db.destroy(),
  };
}
