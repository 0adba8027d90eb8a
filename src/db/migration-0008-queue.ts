import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** Priorities of packagings, builds that nobody can make, and repositories that end a packaging at its first failure. */
export const queue: Migration = {
  name: "0008-queue",
  async up(db) {
    for (const statement of [
      sql`ALTER TABLE packaging ADD COLUMN priority integer NOT NULL DEFAULT 0`,
      sql`ALTER TABLE build ADD COLUMN held_since text`,
      sql`ALTER TABLE repository ADD COLUMN fail_fast integer NOT NULL DEFAULT 0`,
    ]) {
      await statement.execute(db);
    }
  },
};
