import { existsSync } from "node:fs";
import { chmod, open } from "node:fs/promises";
import Sqlite from "better-sqlite3";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteDialectConfig,
} from "kysely";
import { type Database, runTransaction } from "./database.ts";
import { migrate } from "./migrate.ts";
import type { Tables } from "./schema.ts";
import { createStatementCache } from "./statement-cache.ts";

/**
 * Opens (or makes) the database of a home: one writer whose transactions begin IMMEDIATE (a deferred one could fail
 * half-way when it turns into a writer), and one read-only connection, so pages never wait for writes.
 */
export async function openSqlite(path: string): Promise<Database> {
  await makePrivate(path);
  const writer = new Sqlite(path);
  writer.pragma("journal_mode = WAL");
  writer.pragma("synchronous = FULL");
  writer.pragma("foreign_keys = ON");
  writer.pragma("busy_timeout = 10000");
  const statements = createStatementCache(writer);
  const write = new Kysely<Tables>({ dialect: new ImmediateDialect({ database: statements }) });
  try {
    await migrate(write);
    statements.forget();
  } catch (error) {
    await write.destroy();
    throw error;
  }
  const reader = new Sqlite(path, { readonly: true });
  reader.pragma("busy_timeout = 10000");
  const read = new Kysely<Tables>({ dialect: new SqliteDialect({ database: createStatementCache(reader) }) });
  return {
    dialect: "sqlite",
    read,
    write: (work) => runTransaction(write, work),
    async close() {
      await read.destroy();
      await write.destroy();
    },
  };
}

/** The file holds hashes of passwords and tokens. New journals get its mode; those of an earlier process are changed too. */
async function makePrivate(path: string): Promise<void> {
  const handle = await open(path, "a", 0o600);
  await handle.chmod(0o600);
  await handle.close();
  for (const journal of [`${path}-wal`, `${path}-shm`]) {
    if (existsSync(journal)) await chmod(journal, 0o600);
  }
}

// The one class the library's interface asks for: its own SQLite driver, but with BEGIN IMMEDIATE.
class ImmediateDialect extends SqliteDialect {
  constructor(config: SqliteDialectConfig & { database: SqliteDatabase }) {
    super(config);
  }

  override createDriver(): Driver {
    const driver = super.createDriver();
    driver.beginTransaction = async (connection: DatabaseConnection) => {
      await connection.executeQuery(CompiledQuery.raw("begin immediate"));
    };
    return driver;
  }

  override createAdapter(): SqliteAdapter {
    return new SqliteAdapter();
  }
}
