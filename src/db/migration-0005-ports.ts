import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** Ports of other things than addresses: of the pool, and of packages that the instance makes itself. */
export const ports: Migration = {
  name: "0005-ports",
  async up(db) {
    for (const statement of [
      sql`ALTER TABLE port_request ADD COLUMN dsc text NOT NULL DEFAULT ''`,
      sql`ALTER TABLE port_request ADD COLUMN kept text NOT NULL DEFAULT '[]'`,
      sql`ALTER TABLE port_request ADD COLUMN from_distribution text`,
      sql`ALTER TABLE port_request ADD COLUMN priority integer NOT NULL DEFAULT 0`,
      sql`ALTER TABLE port_request ADD COLUMN migrate integer NOT NULL DEFAULT 0`,
      sql`ALTER TABLE port_request ADD COLUMN expected text`,
      sql`ALTER TABLE port_request ADD COLUMN got text`,
      sql`ALTER TABLE port_request ADD COLUMN ended_at text`,
      sql`CREATE INDEX port_request_state ON port_request (state)`,
      sql`CREATE INDEX upload_reserved_bkey ON upload (reserved_bkey)`,
    ]) {
      await statement.execute(db);
    }
    const { rows } = await sql<{ bkey: string; url: string }>`SELECT bkey, url FROM port_request`.execute(db);
    for (const { bkey, url } of rows) {
      const dsc = lastPart(url);
      await sql`UPDATE port_request SET dsc = ${dsc} WHERE bkey = ${bkey}`.execute(db);
    }
  },
};

/** Nothing of what cannot be read: nobody needs it of a request that has ended, and no open one has such an address. */
function lastPart(url: string): string {
  try {
    return decodeURIComponent(new URL(url).pathname.split("/").pop() ?? "");
  } catch {
    return "";
  }
}
