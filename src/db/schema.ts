import type { Insertable, Selectable, Updateable } from "kysely";
import type { AccountTables } from "./schema-accounts.ts";
import type { ArchiveTables } from "./schema-archive.ts";
import type { NotifyTables } from "./schema-notify.ts";
import type { PipelineTables } from "./schema-pipeline.ts";
import type { SetupTables } from "./schema-setup.ts";
import type { WorkTables } from "./schema-work.ts";

export type { Flag } from "./schema-flag.ts";

/**
 * The rows of an instance. SQLite knows neither booleans nor dates: flags are 0 or 1, times ISO-8601 UTC text
 * (`2024-01-02T03:04:05.678Z`, so text order is time order), structured values JSON text, sizes bytes.
 */
export interface Tables
  extends AccountTables,
    WorkTables,
    NotifyTables,
    SetupTables,
    PipelineTables,
    ArchiveTables {}

export type Row<K extends keyof Tables> = Selectable<Tables[K]>;
export type NewRow<K extends keyof Tables> = Insertable<Tables[K]>;
export type RowUpdate<K extends keyof Tables> = Updateable<Tables[K]>;
