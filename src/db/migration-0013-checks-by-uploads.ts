import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** Which uploads may switch on checks that are DISABLED for a codename. */
export const checksByUploads: Migration = {
  name: "0013-checks-by-uploads",
  async up(db) {
    await sql`ALTER TABLE distribution ADD COLUMN checks_by_uploads text NOT NULL DEFAULT 'signed'`.execute(
      db,
    );
  },
};
