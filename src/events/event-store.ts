import { sql } from "kysely";
import { type Database, type Executor, lockCounter, nextNumber, type Row, type Tx } from "#db";
import { compareVersions } from "#deb";
import type { Actor, EventFilter, EventView, NewEvent } from "./event.ts";
import type { EventType } from "./event-kinds.ts";

const SUBJECT = [
  "source",
  "version",
  "distribution",
  "repository",
  "codename",
  "suite",
  "component",
  "arch",
  "bkey",
  "upload",
  "packaging",
  "build",
] as const;

const COUNTER = "event";

/** Waits for all who write an event. */
export async function lockEvents(tx: Tx): Promise<void> {
  await lockCounter(tx, COUNTER);
}

/** Writes an event under the next number of the one counter row, so ids are gap-free and in commit order. */
export async function insertEvent(
  tx: Tx,
  event: NewEvent,
  actor: Actor,
  time: string,
): Promise<Row<"event">> {
  const row = {
    id: await nextNumber(tx, COUNTER),
    type: event.type,
    time,
    source: event.source ?? null,
    version: event.version ?? null,
    distribution: event.distribution ?? null,
    repository: event.repository ?? null,
    codename: event.codename ?? null,
    suite: event.suite ?? null,
    component: event.component ?? null,
    arch: event.arch ?? null,
    bkey: event.bkey ?? null,
    upload: event.upload ?? null,
    packaging: event.packaging ?? null,
    build: event.build ?? null,
    actor: JSON.stringify(actor),
    message: event.message,
    data: JSON.stringify(event.data ?? {}),
  };
  await tx.insertInto("event").values(row).execute();
  return row;
}

/** One event as it is told to anybody. */
export async function findEvent(db: Executor, id: number, instance: string): Promise<EventView | undefined> {
  const row = await db.selectFrom("event").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : viewOf(row, instance);
}

export interface EventPage {
  readonly direction: "after" | "before";
  readonly id: number;
  readonly limit: number;
}

/** What a version is compared with is read in pages of this many rows, and so many of them at a time. */
const COMPARED_ROWS = 500;
const MOST_PAGES = 20;

/**
 * Events behind (`after`, oldest first) or ahead of (`before`, newest first) an id, and the id of the last one looked
 * at. There may be more as long as that id is another than the given one, even if none was found.
 */
export async function selectEvents(
  db: Read,
  filter: EventFilter,
  page: EventPage,
): Promise<{ rows: Row<"event">[]; last: number }> {
  const { minVersion } = filter;
  const size = minVersion === undefined ? page.limit : Math.max(page.limit, COMPARED_ROWS);
  const rows: Row<"event">[] = [];
  let last = page.id;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const some = await selectPage(db, filter, { ...page, id: last, limit: size });
    for (const row of some) {
      last = row.id;
      // Version order is dpkg's, which no database knows.
      if (minVersion === undefined || compareVersions(row.version ?? "", minVersion) >= 0) rows.push(row);
      if (rows.length === page.limit) return { rows, last };
    }
    if (some.length < size) break;
  }
  return { rows, last };
}

type Read = Pick<Database, "read" | "dialect">;

/** One page by all of the filter that SQL can say. */
async function selectPage(db: Read, filter: EventFilter, page: EventPage): Promise<Row<"event">[]> {
  return await pageQuery(db, filter, page).execute();
}

/** Each type by its index, which has its events in order; of several at once, all that there are would be sorted. */
export function pageQuery(db: Read, filter: EventFilter, page: EventPage) {
  const order = page.direction === "after" ? "asc" : "desc";
  const [first, ...others] = [...new Set(filter.types)];
  const oneOf = (type: string) =>
    db.read.selectFrom(typeQuery(db, filter, page, type).as("of_type")).selectAll();
  if (first === undefined || others.length === 0) return typeQuery(db, filter, page, first);
  const all = others.reduce((union, type) => union.unionAll(oneOf(type)), oneOf(first));
  return db.read.selectFrom(all.as("event")).selectAll().orderBy("id", order).limit(page.limit);
}

function typeQuery(db: Read, filter: EventFilter, page: EventPage, type: string | undefined) {
  const order = page.direction === "after" ? "asc" : "desc";
  let query = db.read.selectFrom("event").selectAll().orderBy("id", order).limit(page.limit);
  query = query.where("id", page.direction === "after" ? ">" : "<", page.id);
  if (type !== undefined) query = query.where("type", "=", type);
  if (filter.source !== undefined) query = query.where("source", "=", filter.source);
  if (filter.version !== undefined) query = query.where("version", "=", filter.version);
  if (filter.minVersion !== undefined) query = query.where("version", "is not", null);
  if (filter.distribution !== undefined) query = query.where("distribution", "=", filter.distribution);
  if (filter.packaging !== undefined) query = query.where("packaging", "=", filter.packaging);
  if (filter.bkey !== undefined) query = query.where("id", "in", idsOfBkey(db, filter.bkey));
  return query;
}

/** A bkey's builds have its name, a blank and their architecture; of all that may follow, `!` is next to the blank. */
function idsOfBkey({ read, dialect }: Read, bkey: string) {
  const column = dialect === "postgres" ? sql<string>`bkey COLLATE "C"` : sql<string>`bkey`;
  return read.selectFrom("event").select("id").where(column, ">=", bkey).where(column, "<", `${bkey}!`);
}

export function viewOf(row: Row<"event">, instance: string): EventView {
  const subject = Object.fromEntries(
    SUBJECT.flatMap((name) => (row[name] === null ? [] : [[name, row[name]]])),
  );
  return {
    ...subject,
    id: row.id,
    type: row.type as EventType,
    time: row.time,
    instance,
    actor: JSON.parse(row.actor) as Actor,
    message: row.message,
    data: JSON.parse(row.data) as Record<string, unknown>,
    links: linksOf(row),
  };
}

function linksOf(row: Row<"event">): Record<string, string> {
  return {
    ...(row.upload === null ? {} : { upload: `/uploads/${row.upload}` }),
    ...(row.packaging === null ? {} : { packaging: `/packagings/${row.packaging}` }),
    ...(row.build === null ? {} : { build: `/builds/${row.build}`, log: `/builds/${row.build}/log` }),
    ...(row.source === null ? {} : { package: `/packages/${encodeURIComponent(row.source)}` }),
    ...(row.distribution === null || row.repository === null
      ? {}
      : { distribution: `/distributions/${encodeURIComponent(row.distribution)}` }),
  };
}

/** Events from before a moment. Their numbers are never given again. */
export async function countEventsBefore(db: Executor, time: string): Promise<number> {
  const { count } = await db
    .selectFrom("event")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("time", "<", time)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function forgetEventsBefore(tx: Tx, time: string): Promise<void> {
  await tx.deleteFrom("event").where("time", "<", time).execute();
}
