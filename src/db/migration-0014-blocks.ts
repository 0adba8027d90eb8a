import { sql } from "kysely";
import type { Migration } from "./migrations.ts";
import { create, integers, texts, withId } from "./table-builder.ts";

/** Blocks of the administrator's own, and which blocks chroots and builds of a codename have. */
export const blocks: Migration = {
  name: "0014-blocks",
  async up(db) {
    await create(db, "block", (t) =>
      integers(
        texts(withId(t, db), "name", "phase", "text", "packages", "variables", "path", "changed_at"),
        "version",
        "removed",
      ).addUniqueConstraint("block_name", ["name"]),
    );
    await sql`ALTER TABLE distribution ADD COLUMN blocks text NOT NULL DEFAULT '[]'`.execute(db);
    await sql`ALTER TABLE chroot ADD COLUMN blocks text NOT NULL DEFAULT '["eatmydata"]'`.execute(db);
  },
};
