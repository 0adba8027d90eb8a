import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** Since when a release is in its rollback list, whatever its position there. */
export const rollbackAge: Migration = {
  name: "0004-rollback-age",
  async up(db) {
    await sql`ALTER TABLE rollback_membership ADD COLUMN listed_at text`.execute(db);
    // It came as position 0. Where that is forgotten, what is known is later, which keeps it for longer.
    await sql`UPDATE rollback_membership SET listed_at = coalesce(
      (SELECT max(p.time) FROM rollback_membership o JOIN publish p ON p.id = o.added
        WHERE o.distribution_id = rollback_membership.distribution_id
          AND o.component = rollback_membership.component
          AND o.source = rollback_membership.source
          AND o.release_id = rollback_membership.release_id
          AND o.position = 0),
      (SELECT p.time FROM publish p WHERE p.id = rollback_membership.added),
      (SELECT min(p.time) FROM publish p)
    )`.execute(db);
  },
};
