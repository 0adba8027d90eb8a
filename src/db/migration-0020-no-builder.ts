import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** Of builds that are held: since when nobody is there to make them. A source in error has no such limit. */
export const noBuilder: Migration = {
  name: "0020-no-builder",
  async up(db) {
    await sql`ALTER TABLE build ADD COLUMN no_builder_since text`.execute(db);
  },
};
