import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/** What publishing by chunks, moments and snapshots read: lists of paths, named snapshots, and ways to find changes. */
export const archiveAtFullStrength: Migration = {
  name: "0002-archive",
  async up(db) {
    const sqlite = db.getExecutor().adapter.supportsTransactionalDdl === false;
    const bytes = sql.raw(sqlite ? "blob" : "bytea");
    const id = sql.raw(
      sqlite ? "integer PRIMARY KEY AUTOINCREMENT" : "integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    );
    // Names are ordered by bytes everywhere, whatever language a PostgreSQL cluster was made for.
    const byBytes = sql.raw(sqlite ? "" : 'COLLATE "C"');
    for (const statement of [
      sql`CREATE TABLE deb_paths (sha256 text PRIMARY KEY, paths ${bytes} NOT NULL)`,
      sql`CREATE TABLE snapshot (
        id ${id},
        distribution_id integer NOT NULL REFERENCES archive_distribution (id),
        name text NOT NULL,
        publish bigint NOT NULL,
        created_at text NOT NULL,
        created_by text NOT NULL,
        CONSTRAINT snapshot_name UNIQUE (distribution_id, name)
      )`,
      sql`CREATE INDEX package_name ON package (repository, name ${byBytes})`,
      sql`CREATE INDEX membership_added ON membership (distribution_id, added)`,
      sql`CREATE INDEX rollback_membership_added ON rollback_membership (distribution_id, position, added)`,
      sql`CREATE INDEX release_package_package ON release_package (package_id)`,
      sql`CREATE INDEX publish_time ON publish (repository, time)`,
    ]) {
      await statement.execute(db);
    }
  },
};
