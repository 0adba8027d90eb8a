import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Database, openPostgres, openSqlite } from "#db";
import { exists, type Home, MbdError, statOrUndefined, writeFileAtomic } from "#platform";

/** The database that the option names, else the one that the home was opened with before, else SQLite. */
export async function openDatabase(home: Home, option: string | undefined): Promise<Database> {
  const remembered = join(home.root, "database-url");
  const url = option ?? (await readIfPresent(remembered));
  if (url === undefined) return await openSqlite(home.database);
  if (!/^postgres(ql)?:/.test(url)) {
    throw new MbdError("bad_configuration", { reason: "the given database is not a postgres:// URL" });
  }
  if ((await statOrUndefined(home.database)) !== undefined) {
    const reason = `the home ${home.root} already has an SQLite database; --database is for a new home`;
    throw new MbdError("bad_configuration", { reason });
  }
  const db = await openPostgres(url);
  // Commands on the home must find the same database; the URL may hold a password.
  if (option !== undefined) await writeFileAtomic(remembered, option, 0o600);
  return db;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  return (await exists(path)) ? (await readFile(path, "utf8")).trim() : undefined;
}
