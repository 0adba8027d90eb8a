import { sql } from "kysely";
import type { Migration } from "./migrations.ts";

/**
 * What anybody may ask for, by what it is asked for, in the order in which it is told: an answer costs what is in it, not
 * what ever happened. Builds know their source and distribution themselves, as no index spans two tables.
 */
export const histories: Migration = {
  name: "0022-histories",
  async up(db) {
    const sqlite = db.getExecutor().adapter.supportsTransactionalDdl === false;
    // Beginnings of bkeys are looked for by bytes, whatever language a PostgreSQL cluster was made for.
    const byBytes = sql.raw(sqlite ? "" : 'COLLATE "C"');
    for (const statement of [
      sql`ALTER TABLE build ADD COLUMN source text NOT NULL DEFAULT ''`,
      sql`ALTER TABLE build ADD COLUMN distribution text NOT NULL DEFAULT ''`,
      sql`UPDATE build SET
        source = (SELECT p.source FROM packaging p WHERE p.id = build.packaging_id),
        distribution = (SELECT p.distribution FROM packaging p WHERE p.id = build.packaging_id)`,
      sql`DROP INDEX build_state`,
      sql`CREATE INDEX build_state ON build (state, id)`,
      sql`CREATE INDEX build_arch ON build (arch, id)`,
      sql`CREATE INDEX build_arch_state ON build (arch, state, id)`,
      sql`CREATE INDEX build_distribution ON build (distribution, id)`,
      sql`CREATE INDEX build_distribution_state ON build (distribution, state, id)`,
      sql`CREATE INDEX build_distribution_arch ON build (distribution, arch, id)`,
      sql`CREATE INDEX build_source ON build (source, id)`,
      sql`CREATE INDEX build_source_arch ON build (source, arch, state, id)`,
      sql`DROP INDEX packaging_source`,
      sql`DROP INDEX packaging_state`,
      sql`CREATE INDEX packaging_state ON packaging (state, id)`,
      sql`CREATE INDEX packaging_distribution ON packaging (distribution, id)`,
      sql`CREATE INDEX packaging_distribution_state ON packaging (distribution, state, id)`,
      sql`CREATE INDEX packaging_ended ON packaging (distribution, state, ended_at)`,
      sql`CREATE INDEX packaging_source ON packaging (source, id)`,
      sql`DROP INDEX event_source`,
      sql`DROP INDEX event_packaging`,
      // Where SQLite has the choice it takes the last one: what tells most stands last.
      sql`CREATE INDEX event_type ON event (type, id)`,
      sql`CREATE INDEX event_distribution ON event (distribution, id)`,
      sql`CREATE INDEX event_distribution_type ON event (distribution, type, id)`,
      sql`CREATE INDEX event_source ON event (source, id)`,
      sql`CREATE INDEX event_version ON event (version, id)`,
      sql`CREATE INDEX event_packaging ON event (packaging, id)`,
      sql`CREATE INDEX event_bkey ON event (bkey ${byBytes})`,
    ]) {
      await statement.execute(db);
    }
  },
};
