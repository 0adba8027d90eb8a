import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { ports } from "./migration-0005-ports.ts";
import { openTestDatabase } from "./testing.ts";

test("a request of before knows the name of its .dsc afterwards", async () => {
  const db = await openTestDatabase();
  onTestFinished(() => db.close());
  await db.write(async (tx) => {
    await sql`DROP INDEX port_request_state`.execute(tx);
    await sql`DROP INDEX upload_reserved_bkey`.execute(tx);
    for (const column of [
      "dsc",
      "kept",
      "from_distribution",
      "priority",
      "migrate",
      "expected",
      "got",
      "ended_at",
    ])
      await sql`ALTER TABLE port_request DROP COLUMN ${sql.ref(column)}`.execute(tx);
    await sql`INSERT INTO port_request (bkey, kind, target, source, version, url, dsc_sha256, vouched_by, options,
      requested_by, state, created_at) VALUES ('b', 'external', 't', 's', '1', 'https://example.org/pool/a%2Bb_1%7e1.dsc',
      'x', 'https', '[]', 'ada', 'open', 'now')`.execute(tx);

    await ports.up(tx);
  });

  const request = await db.read.selectFrom("port_request").selectAll().executeTakeFirstOrThrow();

  expect(request).toMatchObject({ dsc: "a+b_1~1.dsc", kept: "[]", priority: 0, migrate: 0, state: "open" });
});
