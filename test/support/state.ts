import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import Sqlite from "better-sqlite3";

/** That somebody was here may be written down, and the daemon writes down every minute that it is there. */
export const MAY_CHANGE = ["session.last_seen_at", "api_token.last_used_at", "work_span.until"];

/** All rows of all tables but the named columns (`table.column`), as lines in an order of their own. */
export function dumpDatabase(file: string, without: readonly string[] = []): string[] {
  const db = new Sqlite(file, { readonly: true, timeout: 10_000 });
  try {
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .pluck()
      .all() as string[];
    return tables.flatMap((table) => {
      const rows = db.prepare(`SELECT * FROM "${table}"`).all() as Record<string, unknown>[];
      return rows.map((row) => lineOf(table, row, without)).sort();
    });
  } finally {
    db.close();
  }
}

function lineOf(table: string, row: Readonly<Record<string, unknown>>, without: readonly string[]): string {
  const kept = Object.entries(row).filter(([column]) => !without.includes(`${table}.${column}`));
  const texts = kept.map(([column, value]) => {
    const shown = Buffer.isBuffer(value) ? createHash("sha256").update(value).digest("hex") : value;
    return `${column}=${JSON.stringify(shown)}`;
  });
  return `${table}: ${texts.join(" ")}`;
}

/** All below a directory: path, kind and mode; of files the SHA-256 and the time of their last change. */
export async function dumpFiles(dir: string): Promise<string[]> {
  const names = (await readdir(dir, { recursive: true })).sort();
  return await Promise.all(
    names.map(async (name) => {
      const path = join(dir, name);
      const { mode, mtimeMs } = await stat(path);
      const isFile = (mode & 0o170000) === 0o100000;
      const sum = isFile
        ? createHash("sha256")
            .update(await readFile(path))
            .digest("hex")
        : "";
      return `${name} ${mode.toString(8)} ${isFile ? mtimeMs : ""} ${sum}`;
    }),
  );
}
