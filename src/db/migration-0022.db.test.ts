import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { histories } from "./migration-0022-histories.ts";
import { openTestDatabase } from "./testing.ts";

const NEW = [
  ...["build_state", "build_arch", "build_arch_state", "build_distribution", "build_distribution_state"],
  ...["build_distribution_arch", "build_source", "build_source_arch", "packaging_state", "packaging_source"],
  ...["packaging_distribution", "packaging_distribution_state", "packaging_ended", "event_type"],
  ...["event_distribution", "event_distribution_type", "event_source", "event_version", "event_packaging"],
  "event_bkey",
];

test("builds of before know their source and distribution afterwards", async () => {
  const db = await openTestDatabase();
  onTestFinished(() => db.close());
  await db.write(async (tx) => {
    for (const statement of [
      ...NEW.map((name) => sql`DROP INDEX ${sql.id(name)}`),
      sql`ALTER TABLE build DROP COLUMN source`,
      sql`ALTER TABLE build DROP COLUMN distribution`,
      sql`CREATE INDEX build_state ON build (state)`,
      sql`CREATE INDEX packaging_source ON packaging (source)`,
      sql`CREATE INDEX packaging_state ON packaging (state)`,
      sql`CREATE INDEX event_source ON event (source)`,
      sql`CREATE INDEX event_packaging ON event (packaging)`,
      sql`INSERT INTO upload (origin, changes_name, changes_sha256, state, errors, received_from, created_at)
        VALUES ('http', 'c', '0', 'ACCEPTED', '[]', '', 'then')`,
      sql`INSERT INTO packaging (bkey, upload_id, repository, distribution, codename, suite, component, source, version,
          dsc, options, changed_by, state, accepted_no, created_at)
        SELECT 'hello/1/source', id, 'acme', 'bookworm-acme-unstable', 'bookworm', 'unstable', 'main', 'hello', '1',
          'd', '[]', '', 'INSTALLED', 1, 'then' FROM upload`,
      sql`INSERT INTO build (packaging_id, bkey, codename, arch, build_any, build_all, optional, state, attempt, fence,
          cancel_requested, queued_at)
        SELECT id, 'hello/1/source amd64', 'bookworm', 'amd64', 1, 0, 0, 'BUILT', 1, 1, 0, 'then' FROM packaging`,
    ])
      await statement.execute(tx);

    await histories.up(tx);
  });

  const build = await db.read.selectFrom("build").selectAll().executeTakeFirstOrThrow();

  expect(build).toMatchObject({ source: "hello", distribution: "bookworm-acme-unstable", arch: "amd64" });
});
