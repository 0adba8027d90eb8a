import { sql } from "kysely";
import type { Executor } from "../database.ts";
import { create, integers, texts, withId } from "../table-builder.ts";

/** What is to be done, and what happened. */
export async function work(db: Executor): Promise<void> {
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
