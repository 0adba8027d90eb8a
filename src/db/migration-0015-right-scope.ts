import { sql } from "kysely";
import type { Migration } from "./migrations.ts";
import { create, reference, texts, withId } from "./table-builder.ts";

/** Upload rights for some suites and source names only; a user may have several for a repository. Those of before stay. */
export const rightScope: Migration = {
  name: "0015-right-scope",
  async up(db) {
    await create(db, "scoped_right", (t) =>
      texts(
        withId(t, db).addColumn("user_account_id", "integer", reference("user_account.id")),
        ...["repository", "suites", "sources", "granted_by", "created_at"],
      ),
    );
    for (const statement of [
      sql`INSERT INTO scoped_right (user_account_id, repository, suites, sources, granted_by, created_at)
        SELECT user_account_id, repository, '', '', granted_by, created_at FROM upload_right
        ORDER BY user_account_id, repository`,
      sql`DROP TABLE upload_right`,
      sql`ALTER TABLE scoped_right RENAME TO upload_right`,
      sql`CREATE INDEX upload_right_user ON upload_right (user_account_id)`,
      sql`CREATE INDEX upload_right_repository ON upload_right (repository)`,
      sql`ALTER TABLE uploader_key ADD COLUMN suites text NOT NULL DEFAULT ''`,
      sql`ALTER TABLE uploader_key ADD COLUMN sources text NOT NULL DEFAULT ''`,
    ])
      await statement.execute(db);
  },
};
