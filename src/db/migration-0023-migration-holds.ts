import type { Migration } from "./migrations.ts";
import { create, texts, withId } from "./table-builder.ts";

/** Sources that do not migrate by themselves (pipeline.md 7.5). */
export const migrationHolds: Migration = {
  name: "0023-migration-holds",
  async up(db) {
    await create(db, "migration_hold", (t) =>
      texts(withId(t, db), "distribution", "source", "reason", "held_by", "created_at").addUniqueConstraint(
        "migration_hold_source",
        ["distribution", "source"],
      ),
    );
  },
};
