import { sql } from "kysely";
import type { Executor } from "../database.ts";
import { create, integers, reference, required, texts, withId } from "../table-builder.ts";

/** The way of an upload: files that came in, uploads, packagings, builds, ports. */
export async function pipeline(db: Executor): Promise<void> {
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
