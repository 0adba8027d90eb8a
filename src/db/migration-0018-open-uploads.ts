import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** Uploads that are being verified, which builds look for, without reading all that ever came. */
export const openUploads: Migration = {
  name: "0018-open-uploads",
  async up(db) {
    await sql`CREATE INDEX upload_open ON upload (id) WHERE ended_at IS NULL`.execute(db);
  },
};
