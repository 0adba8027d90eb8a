import { sql } from "kysely";
import type { Migration } from "./migrations.ts";
import { create, integers, required, texts, withId } from "./table-builder.ts";

/** Who is told of what happens: addresses of repositories, people of an upload, web hooks. */
export const notify: Migration = {
  name: "0007-notify",
  async up(db) {
    for (const statement of [
      sql`ALTER TABLE repository ADD COLUMN notify text NOT NULL DEFAULT '[]'`,
      sql`ALTER TABLE repository ADD COLUMN notify_changed_by integer NOT NULL DEFAULT 0`,
      sql`ALTER TABLE repository ADD COLUMN notify_maintainer integer NOT NULL DEFAULT 0`,
      sql`ALTER TABLE repository ADD COLUMN allow_emails_to text NOT NULL DEFAULT ''`,
      sql`ALTER TABLE upload ADD COLUMN changed_by text`,
      sql`ALTER TABLE upload ADD COLUMN maintainer text`,
      sql`ALTER TABLE upload ADD COLUMN changes_text text`,
    ]) {
      await statement.execute(db);
    }
    await create(db, "hook", (t) =>
      texts(
        withId(t, db),
        ...["name", "url", "secret", "types", "distributions", "sources", "allowed_hosts", "created_at"],
      )
        .addColumn("failures", "integer", (c) => c.notNull().defaultTo(0))
        .addColumn("resume_at", "text")
        .addColumn("error", "text")
        .addColumn("last_sent_at", "text")
        .addUniqueConstraint("hook_name", ["name"]),
    );
    await create(db, "hook_delivery", (t) =>
      integers(texts(withId(t, db), "state", "next_at", "created_at"), "attempt")
        // Without a constraint: an event never fails because its hook is being removed.
        .addColumn("hook_id", "integer", required)
        .addColumn("event_id", "bigint", required)
        .addColumn("error", "text")
        .addColumn("ended_at", "text")
        .addUniqueConstraint("hook_delivery_event", ["hook_id", "event_id"]),
    );
    await sql`CREATE INDEX hook_delivery_due ON hook_delivery (hook_id, state, next_at)`.execute(db);
  },
};
