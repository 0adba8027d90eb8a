import { type CreateTableBuilder, sql } from "kysely";
import type { Executor } from "./database.ts";
import type { Migration } from "./migrations.ts";

// Both databases understand this text; `id` is what differs and comes from `table`.

type Builder = CreateTableBuilder<string, string>;

export const first: Migration = {
  name: "0001-first",
  async up(db) {
    await accounts(db);
    await work(db);
    await setup(db);
    await pipeline(db);
    await archive(db);
  },
};

async function accounts(db: Executor): Promise<void> {
  await create(db, "setting", (t) =>
    t.addColumn("name", "text", (c) => c.primaryKey()).addColumn("value", "text", required),
  );
  await create(db, "counter", (t) =>
    t.addColumn("name", "text", (c) => c.primaryKey()).addColumn("value", "bigint", required),
  );
  await create(db, "user_account", (t) =>
    texts(withId(t, db), "name", "level", "password_hash", "created_at")
      .addColumn("active", "integer", required)
      .addUniqueConstraint("user_account_name", ["name"]),
  );
  await create(db, "api_token", (t) =>
    texts(withId(t, db), "name", "level", "secret_hash", "created_at")
      .addColumn("expires_at", "text")
      .addColumn("revoked_at", "text")
      .addUniqueConstraint("api_token_hash", ["secret_hash"]),
  );
  await create(db, "uploader_key", (t) =>
    texts(withId(t, db), "repository", "fingerprint", "user_id", "key", "created_at")
      .addColumn("active", "integer", required)
      .addUniqueConstraint("uploader_key_once", ["repository", "fingerprint"]),
  );
}

async function work(db: Executor): Promise<void> {
  await create(db, "job", (t) =>
    integers(
      texts(withId(t, db), "kind", "subject", "state", "run_after", "created_at"),
      "priority",
      "attempt",
      "max_attempts",
      "fence",
      "again",
    )
      .addColumn("lease_owner", "text")
      .addColumn("lease_expires_at", "text")
      .addColumn("error", "text")
      .addColumn("ended_at", "text"),
  );
  await sql`CREATE UNIQUE INDEX job_open ON job (kind, subject) WHERE state IN ('queued', 'leased')`.execute(
    db,
  );
  await sql`CREATE INDEX job_next ON job (state, run_after)`.execute(db);
  await create(db, "event", (t) =>
    texts(
      t.addColumn("id", "bigint", (c) => c.primaryKey()),
      "type",
      "time",
      "actor",
      "message",
      "data",
    )
      .addColumn("source", "text")
      .addColumn("version", "text")
      .addColumn("distribution", "text")
      .addColumn("repository", "text")
      .addColumn("codename", "text")
      .addColumn("suite", "text")
      .addColumn("component", "text")
      .addColumn("arch", "text")
      .addColumn("bkey", "text")
      .addColumn("upload", "integer")
      .addColumn("packaging", "integer")
      .addColumn("build", "integer"),
  );
  await sql`CREATE INDEX event_source ON event (source)`.execute(db);
  await sql`CREATE INDEX event_packaging ON event (packaging)`.execute(db);
}

async function setup(db: Executor): Promise<void> {
  await create(db, "source", (t) =>
    texts(
      withId(t, db),
      "origin",
      "codename",
      "archives",
      "keyring",
      "match",
      "remove_from_component",
      "state",
      "description",
      "codeversion",
      "components",
      "architectures",
    )
      .addColumn("check_valid_until", "integer", required)
      .addColumn("error", "text")
      .addColumn("checked_at", "text")
      .addColumn("release_date", "text")
      .addColumn("codeversion_override", "text")
      .addColumn("codeversion_seen", "text")
      .addUniqueConstraint("source_once", ["origin", "codename"]),
  );
  await create(db, "chroot", (t) =>
    texts(withId(t, db), "codename", "arch", "backend", "state")
      .addColumn("tarball", "text")
      .addColumn("stamp", "text")
      .addColumn("error", "text")
      .addColumn("made_at", "text")
      .addColumn("checked_at", "text")
      .addUniqueConstraint("chroot_once", ["codename", "arch"]),
  );
  await create(db, "layout", (t) =>
    texts(
      withId(t, db),
      "name",
      "default_version",
      "mandatory_version_regex",
      "experimental_default_version",
      "experimental_mandatory_version_regex",
      "meta_distributions",
    ).addUniqueConstraint("layout_name", ["name"]),
  );
  await create(db, "suite", (t) =>
    integers(
      texts(withId(t, db), "name")
        .addColumn("layout_id", "integer", reference("layout.id"))
        .addColumn("migrates_to", "text"),
      "uploadable",
      "experimental",
      "build_keyring_package",
      "auto_migrate_after",
      "not_automatic",
      "but_automatic_upgrades",
      "rollback",
      "sources_per_component",
    ).addUniqueConstraint("suite_once", ["layout_id", "name"]),
  );
  await create(db, "repository", (t) =>
    texts(withId(t, db), "identity", "origin", "description", "extra_uploader_keyrings", "created_at")
      .addColumn("layout_id", "integer", reference("layout.id"))
      .addColumn("allow_unauthenticated_uploads", "integer", required)
      .addColumn("active", "integer", required)
      .addUniqueConstraint("repository_identity", ["identity"]),
  );
  await create(db, "distribution", (t) =>
    texts(
      withId(t, db),
      "codename",
      "components",
      "extra_sources",
      "lintian_mode",
      "lintian_extra_options",
      "lintian_warnfail_options",
      "autopkgtest_mode",
      "piuparts_mode",
      "build_dep_resolver",
      "deb_build_options",
      "deb_build_profiles",
    )
      .addColumn("internal_apt_priority", "integer", required)
      .addColumn("repository_id", "integer", reference("repository.id"))
      .addColumn("source_id", "integer", reference("source.id"))
      .addUniqueConstraint("distribution_once", ["repository_id", "codename"]),
  );
  await create(db, "distribution_arch", (t) =>
    integers(
      texts(t.addColumn("distribution_id", "integer", reference("distribution.id")), "arch"),
      "optional",
      "arch_all",
    ).addPrimaryKeyConstraint("distribution_arch_pk", ["distribution_id", "arch"]),
  );
}

async function pipeline(db: Executor): Promise<void> {
  await create(db, "incoming_session", (t) =>
    texts(
      t.addColumn("id", "text", (c) => c.primaryKey()),
      "origin",
      "session_key",
      "client",
      "started_at",
      "last_file_at",
    ).addColumn("ended_at", "text"),
  );
  await create(db, "upload", (t) =>
    texts(
      withId(t, db),
      "origin",
      "changes_name",
      "changes_sha256",
      "state",
      "errors",
      "received_from",
      "created_at",
    )
      .addColumn("payload_sha256", "text")
      .addColumn("signer", "text")
      .addColumn("reason", "text")
      .addColumn("requested_distribution", "text")
      .addColumn("distribution", "text")
      .addColumn("source", "text")
      .addColumn("version", "text")
      .addColumn("component", "text")
      .addColumn("reserved_bkey", "text")
      .addColumn("ended_at", "text")
      .addColumn("expired_at", "text"),
  );
  await sql`CREATE INDEX upload_payload ON upload (payload_sha256)`.execute(db);
  await create(db, "upload_file", (t) =>
    texts(t.addColumn("upload_id", "integer", reference("upload.id")), "name", "sha256")
      .addColumn("size", "bigint", required)
      .addPrimaryKeyConstraint("upload_file_pk", ["upload_id", "name"]),
  );
  await create(db, "incoming_file", (t) =>
    texts(withId(t, db), "name", "sha256", "received_at")
      .addColumn("size", "bigint", required)
      .addColumn("session_id", "text", reference("incoming_session.id"))
      .addColumn("upload_id", "integer"),
  );
  await sql`CREATE INDEX incoming_file_session ON incoming_file (session_id)`.execute(db);
  await create(db, "packaging", (t) =>
    texts(
      withId(t, db),
      "bkey",
      "repository",
      "distribution",
      "codename",
      "suite",
      "component",
      "source",
      "version",
      "dsc",
      "options",
      "changed_by",
      "state",
      "created_at",
    )
      .addColumn("upload_id", "integer", reference("upload.id"))
      .addColumn("reason", "text")
      .addColumn("message", "text")
      .addColumn("committed_at", "text")
      .addColumn("accepted_no", "bigint", required)
      .addColumn("retry_of", "text")
      .addColumn("ended_at", "text")
      .addUniqueConstraint("packaging_bkey", ["bkey"]),
  );
  await sql`CREATE INDEX packaging_source ON packaging (source)`.execute(db);
  await sql`CREATE INDEX packaging_state ON packaging (state)`.execute(db);
  await create(db, "build", (t) =>
    integers(
      texts(withId(t, db), "bkey", "codename", "arch", "state", "queued_at").addColumn(
        "packaging_id",
        "integer",
        reference("packaging.id"),
      ),
      "build_any",
      "build_all",
      "optional",
      "attempt",
      "fence",
      "cancel_requested",
    )
      .addColumn("reason", "text")
      .addColumn("message", "text")
      .addColumn("worker", "text")
      .addColumn("runner", "text")
      .addColumn("result", "text")
      .addColumn("started_at", "text")
      .addColumn("ended_at", "text")
      .addUniqueConstraint("build_once", ["packaging_id", "arch"]),
  );
  await create(db, "port_request", (t) =>
    texts(
      t.addColumn("bkey", "text", (c) => c.primaryKey()),
      "kind",
      "target",
      "source",
      "version",
      "url",
      "dsc_sha256",
      "vouched_by",
      "options",
      "requested_by",
      "state",
      "created_at",
    )
      .addColumn("error", "text")
      .addColumn("upload_id", "integer"),
  );
  await sql`CREATE INDEX build_state ON build (state)`.execute(db);
}

async function archive(db: Executor): Promise<void> {
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

async function create(db: Executor, name: string, build: (table: Builder) => Builder): Promise<void> {
  await build(db.schema.createTable(name) as unknown as Builder).execute();
}

function withId(table: Builder, db: Executor): Builder {
  return isSqlite(db)
    ? table.addColumn("id", "integer", (c) => c.primaryKey().autoIncrement())
    : table.addColumn("id", "integer", (c) => c.primaryKey().generatedAlwaysAsIdentity());
}

function isSqlite(db: Executor): boolean {
  return db.getExecutor().adapter.supportsTransactionalDdl === false;
}

function texts(table: Builder, ...names: string[]): Builder {
  return names.reduce((t, name) => t.addColumn(name, "text", required), table);
}

function integers(table: Builder, ...names: string[]): Builder {
  return names.reduce((t, name) => t.addColumn(name, "integer", required), table);
}

type ColumnBuilder = Parameters<NonNullable<Parameters<Builder["addColumn"]>[2]>>[0];

function required(column: ColumnBuilder): ColumnBuilder {
  return column.notNull();
}

function reference(target: `${string}.${string}`): (column: ColumnBuilder) => ColumnBuilder {
  return (column) => column.notNull().references(target);
}
