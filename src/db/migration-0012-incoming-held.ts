import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** What senders make us hold, and who needs a content, without reading all that ever came. */
export const incomingHeld: Migration = {
  name: "0012-incoming-held",
  async up(db) {
    for (const statement of [
      sql`CREATE INDEX incoming_file_untaken ON incoming_file (session_id, size) WHERE upload_id IS NULL`,
      sql`CREATE INDEX incoming_file_sha256 ON incoming_file (sha256)`,
      sql`CREATE INDEX upload_file_sha256 ON upload_file (sha256)`,
      sql`CREATE INDEX upload_held ON upload (id, received_from)
        WHERE state <> 'ACCEPTED' AND origin <> 'internal' AND expired_at IS NULL`,
    ])
      await statement.execute(db);
  },
};
