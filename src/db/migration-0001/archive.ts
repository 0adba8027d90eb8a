import { sql } from "kysely";
import type { Executor } from "../database.ts";
import { create, integers, reference, required, texts, withId } from "../table-builder.ts";

/** What repositories show and showed. */
export async function archive(db: Executor): Promise<void> {
  await create(db, "archive_distribution", (t) =>
    integers(
      texts(
        withId(t, db),
        "repository",
        "name",
        "kind",
        "components",
        "architectures",
        "release_fields",
        "options",
      ),
      "rollbacks",
      "sources_per_component",
      "wanted_publish",
      "published_publish",
      "fence",
    )
      .addColumn("position", "integer")
      .addColumn("live_id", "integer")
      .addColumn("last_date", "text")
      .addColumn("content_sha256", "text")
      .addUniqueConstraint("archive_distribution_name", ["repository", "name"]),
  );
  await create(db, "pool_file", (t) =>
    texts(t, "repository", "path", "sha256", "created_at")
      .addColumn("size", "bigint", required)
      .addColumn("md5", "text")
      .addColumn("sha1", "text")
      .addPrimaryKeyConstraint("pool_file_pk", ["repository", "path"]),
  );
  await create(db, "package", (t) =>
    texts(
      withId(t, db),
      "repository",
      "kind",
      "name",
      "version",
      "arch",
      "source",
      "source_version",
      "component",
      "section",
      "stanza",
      "content_sha256",
      "created_at",
    ).addUniqueConstraint("package_once", [
      "repository",
      "kind",
      "name",
      "version",
      "arch",
      "content_sha256",
    ]),
  );
  await sql`CREATE INDEX package_source ON package (repository, source)`.execute(db);
  await create(db, "package_file", (t) =>
    texts(t.addColumn("package_id", "integer", reference("package.id")), "repository", "path")
      .addColumn("contents_sha256", "text")
      .addPrimaryKeyConstraint("package_file_pk", ["package_id", "path"]),
  );
  await sql`CREATE INDEX package_file_path ON package_file (repository, path)`.execute(db);
  await create(db, "release", (t) =>
    texts(
      withId(t, db),
      "repository",
      "component",
      "source",
      "version",
      "buildinfos",
      "changes",
      "created_at",
    ).addColumn("bkey", "text"),
  );
  await sql`CREATE INDEX release_source ON release (repository, source)`.execute(db);
  await create(db, "release_package", (t) =>
    t
      .addColumn("release_id", "integer", reference("release.id"))
      .addColumn("package_id", "integer", reference("package.id"))
      .addPrimaryKeyConstraint("release_package_pk", ["release_id", "package_id"]),
  );
  await create(db, "membership", (t) =>
    texts(withId(t, db), "component", "added_at")
      .addColumn("distribution_id", "integer", reference("archive_distribution.id"))
      .addColumn("package_id", "integer", reference("package.id"))
      .addColumn("release_id", "integer")
      .addColumn("added", "bigint", required)
      .addColumn("removed", "bigint")
      .addColumn("removed_at", "text"),
  );
  await sql`CREATE UNIQUE INDEX membership_now ON membership (distribution_id, component, package_id) WHERE removed IS NULL`.execute(
    db,
  );
  await sql`CREATE INDEX membership_state ON membership (distribution_id, removed)`.execute(db);
  await sql`CREATE INDEX membership_package ON membership (package_id)`.execute(db);
  await create(db, "rollback_membership", (t) =>
    integers(
      texts(withId(t, db), "component", "source").addColumn(
        "distribution_id",
        "integer",
        reference("archive_distribution.id"),
      ),
      "position",
      "release_id",
    )
      .addColumn("added", "bigint", required)
      .addColumn("removed", "bigint"),
  );
  await sql`CREATE INDEX rollback_membership_source ON rollback_membership (distribution_id, component, source)`.execute(
    db,
  );
  await sql`CREATE INDEX rollback_membership_state ON rollback_membership (distribution_id, position, removed)`.execute(
    db,
  );
  await create(db, "publish", (t) =>
    texts(
      t.addColumn("id", "bigint", (c) => c.primaryKey()),
      "repository",
      "time",
      "cause",
    ).addColumn("pinned", "integer", required),
  );
}
