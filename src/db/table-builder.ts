import type { CreateTableBuilder } from "kysely";
import type { Executor } from "./database.ts";

/** Words of migrations. Both databases understand what they make; `id` is what differs (`withId`). */

type Builder = CreateTableBuilder<string, string>;

export async function create(db: Executor, name: string, build: (table: Builder) => Builder): Promise<void> {
  await build(db.schema.createTable(name) as unknown as Builder).execute();
}

export function withId(table: Builder, db: Executor): Builder {
  return isSqlite(db)
    ? table.addColumn("id", "integer", (c) => c.primaryKey().autoIncrement())
    : table.addColumn("id", "integer", (c) => c.primaryKey().generatedAlwaysAsIdentity());
}

function isSqlite(db: Executor): boolean {
  return db.getExecutor().adapter.supportsTransactionalDdl === false;
}

export function texts(table: Builder, ...names: string[]): Builder {
  return names.reduce((t, name) => t.addColumn(name, "text", required), table);
}

export function integers(table: Builder, ...names: string[]): Builder {
  return names.reduce((t, name) => t.addColumn(name, "integer", required), table);
}

type ColumnBuilder = Parameters<NonNullable<Parameters<Builder["addColumn"]>[2]>>[0];

export function required(column: ColumnBuilder): ColumnBuilder {
  return column.notNull();
}

export function reference(target: `${string}.${string}`): (column: ColumnBuilder) => ColumnBuilder {
  return (column) => column.notNull().references(target);
}
