import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** Entries of rollback lists that neither number nor age takes out. */
export const rollbackPins: Migration = {
  name: "0010-rollback-pins",
  async up(db) {
    await sql`ALTER TABLE rollback_membership ADD COLUMN pinned integer NOT NULL DEFAULT 0`.execute(db);
  },
};
