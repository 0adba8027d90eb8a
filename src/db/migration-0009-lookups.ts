import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** Ways from a release to the rollback lists that hold it, and from a live distribution to its rollbacks. */
export const lookups: Migration = {
  name: "0009-lookups",
  async up(db) {
    for (const statement of [
      sql`CREATE INDEX rollback_membership_release ON rollback_membership (release_id)`,
      sql`CREATE INDEX archive_distribution_live ON archive_distribution (live_id, position)`,
    ]) {
      await statement.execute(db);
    }
  },
};
