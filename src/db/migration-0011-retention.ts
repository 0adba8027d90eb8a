import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** What went in time, and what is kept whatever its age. */
export const retention: Migration = {
  name: "0011-retention",
  async up(db) {
    for (const statement of [
      sql`ALTER TABLE packaging ADD COLUMN pinned integer NOT NULL DEFAULT 0`,
      sql`ALTER TABLE packaging ADD COLUMN release_gone_at text`,
      sql`ALTER TABLE packaging ADD COLUMN expired_at text`,
      sql`ALTER TABLE build ADD COLUMN files_expired_at text`,
      sql`ALTER TABLE build ADD COLUMN log_expired_at text`,
    ])
      await statement.execute(db);
  },
};
