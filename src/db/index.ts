export * from "./database.ts";
export { SCHEMA_VERSION } from "./migrations.ts";
export { planOf } from "./plan-of.ts";
export { openPostgres } from "./postgres.ts";
export type * from "./schema.ts";
export { openSqlite } from "./sqlite.ts";
export { type StateTable, watchStates } from "./state-history.ts";
export { openTestDatabase } from "./testing.ts";
