import type { Executor, NewRow, Row, RowUpdate, Tx } from "#db";
import { PACKAGING_TRANSITIONS, type PackagingTransition, type Transition } from "./states.ts";

export type Packaging = Row<"packaging">;
export type Build = Row<"build">;

const UNFINISHED = ["QUEUED", "BUILDING", "INSTALLING"];

export async function findPackaging(db: Executor, id: number): Promise<Packaging | undefined> {
  return await db.selectFrom("packaging").selectAll().where("id", "=", id).executeTakeFirst();
}

export async function findPackagingByBkey(db: Executor, bkey: string): Promise<Packaging | undefined> {
  return await db.selectFrom("packaging").selectAll().where("bkey", "=", bkey).executeTakeFirst();
}

export async function packagingsOfUpload(db: Executor, uploadId: number): Promise<Packaging[]> {
  return await db
    .selectFrom("packaging")
    .selectAll()
    .where("upload_id", "=", uploadId)
    .orderBy("id", "desc")
    .execute();
}

export async function insertPackaging(tx: Tx, row: NewRow<"packaging">): Promise<number> {
  const { id } = await tx.insertInto("packaging").values(row).returning("id").executeTakeFirstOrThrow();
  return id;
}

type Change = Omit<RowUpdate<"packaging">, "id" | "state">;

/** Moves a packaging on; false when it is not in a state that the transition begins in. */
export async function movePackaging(
  tx: Tx,
  id: number,
  name: PackagingTransition,
  change: Change = {},
): Promise<boolean> {
  const { from, to }: Transition = PACKAGING_TRANSITIONS[name];
  const result = await tx
    .updateTable("packaging")
    .set({ ...change, state: to })
    .where("id", "=", id)
    .where("state", "in", [...from])
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** What an install has committed of a packaging that is INSTALLING. */
export async function noteCommitted(tx: Tx, id: number, change: Change): Promise<void> {
  await tx
    .updateTable("packaging")
    .set(change)
    .where("id", "=", id)
    .where("state", "=", "INSTALLING")
    .execute();
}

/** Unfinished packagings of a source in a repository, oldest first. */
export async function unfinishedOfSource(
  db: Executor,
  repository: string,
  source: string,
): Promise<Packaging[]> {
  return await db
    .selectFrom("packaging")
    .selectAll()
    .where("repository", "=", repository)
    .where("source", "=", source)
    .where("state", "in", UNFINISHED)
    .orderBy("accepted_no")
    .execute();
}

export async function packagingsInState(db: Executor, state: string): Promise<Packaging[]> {
  return await db
    .selectFrom("packaging")
    .selectAll()
    .where("state", "=", state)
    .orderBy("accepted_no")
    .execute();
}

export async function buildsOf(db: Executor, packagingId: number): Promise<Build[]> {
  return await db
    .selectFrom("build")
    .selectAll()
    .where("packaging_id", "=", packagingId)
    .orderBy("arch")
    .execute();
}

export async function bkeyTaken(db: Executor, bkey: string): Promise<boolean> {
  const packaging = await db.selectFrom("packaging").select("id").where("bkey", "=", bkey).executeTakeFirst();
  const port = await db.selectFrom("port_request").select("bkey").where("bkey", "=", bkey).executeTakeFirst();
  return packaging !== undefined || port !== undefined;
}
