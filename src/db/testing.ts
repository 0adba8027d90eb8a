import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { Database } from "./database.ts";
import { openPostgres } from "./postgres.ts";
import { openSqlite } from "./sqlite.ts";

/**
 * An empty database for one test, of the kind that MBD_TEST_DB names (sqlite unless `postgres`); closing it removes it.
 * PostgreSQL is found by the PG* environment, as `pg_virtualenv` sets it.
 */
export async function openTestDatabase(): Promise<Database> {
  return process.env["MBD_TEST_DB"] === "postgres" ? await openTestPostgres() : await openTestSqlite();
}

async function openTestSqlite(): Promise<Database> {
  const dir = mkdtempSync(join(tmpdir(), "mbd-db-"));
  const db = await openSqlite(join(dir, "test.sqlite"));
  return {
    ...db,
    async close() {
      await db.close();
      rmSync(dir, { recursive: true });
    },
  };
}

async function openTestPostgres(): Promise<Database> {
  const name = `mbd_${randomBytes(6).toString("hex")}`;
  await runOnServer(`CREATE DATABASE ${name}`);
  const user = encodeURIComponent(process.env["PGUSER"] ?? "");
  const password = encodeURIComponent(process.env["PGPASSWORD"] ?? "");
  const db = await openPostgres(
    `postgres://${user}:${password}@${process.env["PGHOST"]}:${process.env["PGPORT"]}/${name}`,
  );
  return {
    ...db,
    async close() {
      await db.close();
      await runOnServer(`DROP DATABASE ${name}`);
    },
  };
}

async function runOnServer(statement: string): Promise<void> {
  const client = new pg.Client({ database: "postgres" });
  await client.connect();
  await client.query(statement);
  await client.end();
}
