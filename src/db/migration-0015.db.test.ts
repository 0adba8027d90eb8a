import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { rightScope } from "./migration-0015-right-scope.ts";
import { openTestDatabase } from "./testing.ts";

test("a right of before means everything in its repository afterwards", async () => {
  const db = await openTestDatabase();
  onTestFinished(() => db.close());
  await db.write(async (tx) => {
    for (const statement of [
      sql`DROP TABLE upload_right`,
      sql`ALTER TABLE uploader_key DROP COLUMN suites`,
      sql`ALTER TABLE uploader_key DROP COLUMN sources`,
      sql`CREATE TABLE upload_right (
        user_account_id integer NOT NULL REFERENCES user_account (id),
        repository text NOT NULL,
        granted_by text NOT NULL,
        created_at text NOT NULL,
        PRIMARY KEY (user_account_id, repository)
      )`,
      sql`INSERT INTO user_account (name, level, password_hash, active, created_at)
        VALUES ('jane', 'LOGIN', '', 1, 'then')`,
      sql`INSERT INTO upload_right SELECT id, 'acme', 'boss', 'then' FROM user_account`,
      sql`INSERT INTO uploader_key (repository, fingerprint, user_id, key, active, created_at)
        VALUES ('acme', 'A', 'Ada', '', 1, 'then')`,
    ])
      await statement.execute(tx);

    await rightScope.up(tx);
  });

  const right = await db.read.selectFrom("upload_right").selectAll().executeTakeFirstOrThrow();
  const key = await db.read.selectFrom("uploader_key").selectAll().executeTakeFirstOrThrow();

  const whole = { repository: "acme", suites: "", sources: "" };
  expect(right).toMatchObject({ ...whole, granted_by: "boss", created_at: "then" });
  expect(key).toMatchObject({ ...whole, fingerprint: "A" });
});
