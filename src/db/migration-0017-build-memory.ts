import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** How much memory each build was given, so that the next gets of what is left. */
export const buildMemory: Migration = {
  name: "0017-build-memory",
  async up(db) {
    await sql`ALTER TABLE build ADD COLUMN memory_bytes bigint`.execute(db);
  },
};
