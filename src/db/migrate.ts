import type { Kysely } from "kysely";
import { MbdError } from "#platform";
import { MIGRATIONS, readSchemaVersion, SCHEMA_VERSION, writeSchemaVersion } from "./migrations.ts";
import type { Tables } from "./schema.ts";

/** Brings a database to this program's schema in one transaction: completely or not at all. Newer schemas are refused. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const have = await readSchemaVersion(tx);
    if (have > SCHEMA_VERSION) throw new MbdError("schema_newer", { have, known: SCHEMA_VERSION });
    if (have === SCHEMA_VERSION) return;
    for (const migration of MIGRATIONS.slice(have)) await migration.up(tx);
    await writeSchemaVersion(tx, SCHEMA_VERSION);
  });
}
