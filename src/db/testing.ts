import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import type { Database } from "./database.ts";
import { SCHEMA_VERSION } from "./migrations.ts";
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
  await onServer(async (client) => {
    await ensureTemplate(client);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  });
  const db = await openPostgres(addressOf(name));
  return {
    ...db,
    async close() {
      await db.close();
      await onServer((client) => client.query(`DROP DATABASE ${name}`));
    },
  };
}

const TEMPLATE = `mbd_template_${SCHEMA_VERSION}`;
/** Any number that nobody else locks. */
const TEMPLATE_LOCK = 8066;

/** Brings one database to the present schema, which all others are copied from: copying is several times quicker. */
async function ensureTemplate(client: pg.Client): Promise<void> {
  await client.query("SELECT pg_advisory_lock($1)", [TEMPLATE_LOCK]);
  const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [TEMPLATE]);
  if (rowCount === 0) {
    const unfinished = `${TEMPLATE}_new`;
    await client.query(`DROP DATABASE IF EXISTS ${unfinished}`);
    await client.query(`CREATE DATABASE ${unfinished}`);
    const db = await openPostgres(addressOf(unfinished));
    await db.close();
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${TEMPLATE}`);
  }
  await client.query("SELECT pg_advisory_unlock($1)", [TEMPLATE_LOCK]);
}

function addressOf(database: string): string {
  const user = encodeURIComponent(process.env["PGUSER"] ?? "");
  const password = encodeURIComponent(process.env["PGPASSWORD"] ?? "");
  return `postgres://${user}:${password}@${process.env["PGHOST"]}:${process.env["PGPORT"]}/${database}`;
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { default: postgres } = await import("pg");
  const client = new postgres.Client({ database: "postgres" });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
