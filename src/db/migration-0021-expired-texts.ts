import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** Texts of uploads whose files went before texts went with them. */
export const expiredTexts: Migration = {
  name: "0021-expired-texts",
  async up(db) {
    await sql`UPDATE upload SET changes_text = NULL
      WHERE expired_at IS NOT NULL AND changes_text IS NOT NULL`.execute(db);
  },
};
