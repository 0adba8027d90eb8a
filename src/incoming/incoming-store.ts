import { sql } from "kysely";
import type { Executor, NewRow, Row, Tx } from "#db";
import { chunks } from "./chunks.ts";
import { FILE_BYTES } from "./limits.ts";

export type SessionRow = Row<"incoming_session">;
export type FileRow = Row<"incoming_file">;
export type UploadRow = Row<"upload">;

export async function insertSession(tx: Tx, session: SessionRow): Promise<void> {
  await tx.insertInto("incoming_session").values(session).execute();
}

/** Notes that a file came; false when the session has ended or never was. */
export async function touchSession(tx: Tx, id: string, now: string): Promise<boolean> {
  const result = await tx
    .updateTable("incoming_session")
    .set({ last_file_at: now })
    .where("id", "=", id)
    .where("ended_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function endSessionRow(tx: Tx, id: string, now: string): Promise<void> {
  await tx
    .updateTable("incoming_session")
    .set({ ended_at: now })
    .where("id", "=", id)
    .where("ended_at", "is", null)
    .execute();
}

export async function openSessionRows(ex: Executor): Promise<SessionRow[]> {
  return await ex
    .selectFrom("incoming_session")
    .selectAll()
    .where("ended_at", "is", null)
    .orderBy("started_at")
    .execute();
}

export async function insertFile(tx: Tx, file: NewRow<"incoming_file">): Promise<number> {
  const row = await tx.insertInto("incoming_file").values(file).returning("id").executeTakeFirstOrThrow();
  return row.id;
}

/** All files of a session, oldest first. */
export async function sessionFiles(ex: Executor, session: string): Promise<FileRow[]> {
  return await ex
    .selectFrom("incoming_file")
    .selectAll()
    .where("session_id", "=", session)
    .orderBy("id")
    .execute();
}

/** Gives files to the upload that uses them, unless another one has them already. */
export async function takeFiles(tx: Tx, upload: number, files: readonly number[]): Promise<void> {
  if (files.length === 0) return;
  await tx
    .updateTable("incoming_file")
    .set({ upload_id: upload })
    .where("id", "in", [...files])
    .where("upload_id", "is", null)
    .execute();
}

export async function insertUpload(tx: Tx, upload: NewRow<"upload">): Promise<number> {
  const row = await tx.insertInto("upload").values(upload).returning("id").executeTakeFirstOrThrow();
  return row.id;
}

export async function insertUploadFiles(tx: Tx, files: readonly NewRow<"upload_file">[]): Promise<void> {
  if (files.length > 0)
    await tx
      .insertInto("upload_file")
      .values([...files])
      .execute();
}

export async function uploadState(ex: Executor, upload: number): Promise<string | undefined> {
  return (await ex.selectFrom("upload").select("state").where("id", "=", upload).executeTakeFirst())?.state;
}

/** Both databases use an index of some rows only where its condition stands in the statement word by word. */
const IS_HELD = sql<boolean>`state <> 'ACCEPTED' AND origin <> 'internal' AND expired_at IS NULL`;

/**
 * Files on disk that no accepted upload uses, and their bytes, by the address they came from: those that no upload has
 * taken, and those of uploads that were rejected, until they expire, or are still to be verified.
 */
export async function heldByClient(
  ex: Executor,
): Promise<{ client: string; files: number; bytes: number }[]> {
  const bytes = sql`SUM(CASE WHEN size < ${FILE_BYTES} THEN ${FILE_BYTES} ELSE size END)`;
  const untaken = await ex
    .selectFrom("incoming_file")
    .innerJoin("incoming_session", "incoming_session.id", "incoming_file.session_id")
    .select((eb) => ["client", eb.fn.countAll().as("files"), bytes.as("bytes")])
    .where("upload_id", "is", null)
    .groupBy("client")
    .execute();
  const taken = await ex
    .selectFrom("upload")
    // In this order: SQLite would read all files that ever came else.
    .crossJoin("upload_file")
    .select((eb) => ["received_from as client", eb.fn.countAll().as("files"), bytes.as("bytes")])
    .whereRef("upload_file.upload_id", "=", "upload.id")
    .where(IS_HELD)
    .groupBy("received_from")
    .execute();
  // PostgreSQL's sums of whole numbers are decimal strings.
  return [...untaken, ...taken].map((row) => ({
    client: row.client,
    files: Number(row.files),
    bytes: Number(row.bytes),
  }));
}

/** What is old is looked at in such portions, so that however much there is, memory suffices. */
export const PORTION = 10_000;

export async function countFilesBefore(ex: Executor, before: string): Promise<number> {
  const { count } = await ex
    .selectFrom("incoming_file")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("received_at", "<", before)
    .where("upload_id", "is", null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Old files, whether their session is open or not. What uploads use is kept by `upload_file`. */
export async function staleFiles(ex: Executor, before: string): Promise<FileRow[]> {
  return await ex
    .selectFrom("incoming_file")
    .selectAll()
    .where("received_at", "<", before)
    .orderBy("id")
    .limit(PORTION)
    .execute();
}

export async function deleteFiles(tx: Tx, files: readonly number[]): Promise<void> {
  for (const ids of chunks(files)) await tx.deleteFrom("incoming_file").where("id", "in", ids).execute();
}

/** Ended sessions whose last file was deleted. */
export async function deleteEmptySessions(tx: Tx): Promise<void> {
  await tx
    .deleteFrom("incoming_session")
    .where("ended_at", "is not", null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("incoming_file")
            .select("id")
            .whereRef("incoming_file.session_id", "=", "incoming_session.id"),
        ),
      ),
    )
    .execute();
}

/** Rejected uploads that ended before a moment and still have their files. */
export async function oldRejectedUploads(ex: Executor, before: string): Promise<UploadRow[]> {
  return await ex
    .selectFrom("upload")
    .selectAll()
    .where("state", "=", "REJECTED")
    .where("expired_at", "is", null)
    .where("ended_at", "<", before)
    .orderBy("id")
    .limit(PORTION)
    .execute();
}

export async function uploadFileSums(ex: Executor, uploads: readonly number[]): Promise<string[]> {
  const sums: string[] = [];
  for (const ids of chunks(uploads)) {
    const rows = await ex.selectFrom("upload_file").select("sha256").where("upload_id", "in", ids).execute();
    sums.push(...rows.map((row) => row.sha256));
  }
  return sums;
}

/** The text of the .changes goes with the files: whoever may upload could fill the database with it else. */
export async function expireUploads(tx: Tx, uploads: readonly number[], now: string): Promise<void> {
  const expired = { expired_at: now, changes_text: null };
  for (const ids of chunks(uploads)) {
    await tx.updateTable("upload").set(expired).where("id", "in", ids).execute();
  }
}

export async function uploadByReservedBkey(ex: Executor, bkey: string): Promise<number | undefined> {
  return (await ex.selectFrom("upload").select("id").where("reserved_bkey", "=", bkey).executeTakeFirst())
    ?.id;
}
