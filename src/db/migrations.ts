import { sql } from "kysely";
import type { Executor } from "./database.ts";
import { first } from "./migration-0001-first.ts";
import { archiveAtFullStrength } from "./migration-0002-archive.ts";
import { people } from "./migration-0003-people.ts";
import { rollbackAge } from "./migration-0004-rollback-age.ts";
import { ports } from "./migration-0005-ports.ts";
import { knownClient } from "./migration-0006-known-client.ts";
import { notify } from "./migration-0007-notify.ts";
import { queue } from "./migration-0008-queue.ts";
import { lookups } from "./migration-0009-lookups.ts";
import { rollbackPins } from "./migration-0010-rollback-pins.ts";
import { retention } from "./migration-0011-retention.ts";
import { incomingHeld } from "./migration-0012-incoming-held.ts";
import { checksByUploads } from "./migration-0013-checks-by-uploads.ts";
import { blocks } from "./migration-0014-blocks.ts";
import { rightScope } from "./migration-0015-right-scope.ts";
import { sharedPackageNames } from "./migration-0016-shared-package-names.ts";
import { buildMemory } from "./migration-0017-build-memory.ts";
import { openUploads } from "./migration-0018-open-uploads.ts";
import { workSpans } from "./migration-0019-work-spans.ts";
import { noBuilder } from "./migration-0020-no-builder.ts";
import { expiredTexts } from "./migration-0021-expired-texts.ts";
import { histories } from "./migration-0022-histories.ts";
import { migrationHolds } from "./migration-0023-migration-holds.ts";

export interface Migration {
  readonly name: string;
  up(db: Executor): Promise<void>;
}

/** Forward only; the number of a schema is its length. Never change one that was released. */
export const MIGRATIONS: readonly Migration[] = [
  first,
  archiveAtFullStrength,
  people,
  rollbackAge,
  ports,
  knownClient,
  notify,
  queue,
  lookups,
  rollbackPins,
  retention,
  incomingHeld,
  checksByUploads,
  blocks,
  rightScope,
  sharedPackageNames,
  buildMemory,
  openUploads,
  workSpans,
  noBuilder,
  expiredTexts,
  histories,
  migrationHolds,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** The schema number a database was brought to; 0 for an empty one. */
export async function readSchemaVersion(db: Executor): Promise<number> {
  await sql`CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL)`.execute(db);
  const { rows } = await sql<{ version: number }>`SELECT version FROM schema_version`.execute(db);
  return Number(rows[0]?.version ?? 0);
}

export async function writeSchemaVersion(db: Executor, version: number): Promise<void> {
  await sql`DELETE FROM schema_version`.execute(db);
  await sql`INSERT INTO schema_version (version) VALUES (${version})`.execute(db);
}
