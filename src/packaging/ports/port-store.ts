import type { Executor, NewRow, Row, RowUpdate, Tx } from "#db";

export type PortRequest = Row<"port_request">;

export async function insertPortRequest(tx: Tx, row: NewRow<"port_request">): Promise<void> {
  await tx.insertInto("port_request").values(row).execute();
}

export async function findPortRequest(db: Executor, bkey: string): Promise<PortRequest | undefined> {
  return await db.selectFrom("port_request").selectAll().where("bkey", "=", bkey).executeTakeFirst();
}

/** Requests for a source that have not made their upload yet. */
export async function openPortsOf(db: Executor, source: string): Promise<PortRequest[]> {
  return await db
    .selectFrom("port_request")
    .selectAll()
    .where("source", "=", source)
    .where("state", "=", "open")
    .orderBy("created_at")
    .execute();
}

/** Ends an open request; false when it has ended already. */
export async function endPortRequest(
  tx: Tx,
  bkey: string,
  change: RowUpdate<"port_request">,
): Promise<boolean> {
  const result = await tx
    .updateTable("port_request")
    .set(change)
    .where("bkey", "=", bkey)
    .where("state", "=", "open")
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** Keeps how the packaging of a test package ended; a later try of it may end in another way. */
export async function noteOutcome(tx: Tx, bkey: string, got: string): Promise<void> {
  await tx.updateTable("port_request").set({ got }).where("bkey", "=", bkey).execute();
}

/** Requests by their bkeys, in the order of these. */
export async function portRequests(db: Executor, bkeys: readonly string[]): Promise<PortRequest[]> {
  if (bkeys.length === 0) return [];
  const rows = await db.selectFrom("port_request").selectAll().where("bkey", "in", bkeys).execute();
  return bkeys.flatMap((bkey) => rows.find((row) => row.bkey === bkey) ?? []);
}

const REPORTS = 200;

/** Requests for test packages: of each package and target the newest. */
export async function latestTests(db: Executor): Promise<PortRequest[]> {
  const rows = await db
    .selectFrom("port_request")
    .selectAll()
    .where("expected", "is not", null)
    .orderBy("created_at", "desc")
    .limit(REPORTS)
    .execute();
  const newest = new Map<string, PortRequest>();
  for (const row of rows) {
    const key = `${row.target} ${row.source}`;
    if (!newest.has(key)) newest.set(key, row);
  }
  return [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}
