import type { Executor, NewRow, Row, Tx } from "#db";

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

/**
 * Bytes of files on disk that no accepted upload uses, by the address they came from: those that no upload has taken,
 * and those of uploads that were rejected, until they expire, or are still to be verified.
 */
export async function heldByClient(ex: Executor): Promise<{ client: string; bytes: number }[]> {
  const untaken = await ex
    .selectFrom("incoming_file")
    .innerJoin("incoming_session", "incoming_session.id", "incoming_file.session_id")
    .select((eb) => ["client", eb.fn.sum("size").as("bytes")])
    .where("upload_id", "is", null)
    .groupBy("client")
    .execute();
  const taken = await ex
    .selectFrom("upload_file")
    .innerJoin("upload", "upload.id", "upload_file.upload_id")
    .select((eb) => ["received_from as client", eb.fn.sum("size").as("bytes")])
    .where("state", "<>", "ACCEPTED")
    .where("origin", "<>", "internal")
    .where("expired_at", "is", null)
    .groupBy("received_from")
    .execute();
  // PostgreSQL's sums of whole numbers are decimal strings.
  return [...untaken, ...taken].map(({ client, bytes }) => ({ client, bytes: Number(bytes) }));
}

/** Old files, whether their session is open or not. What uploads use is kept by `upload_file`. */
export async function staleFiles(ex: Executor, before: string): Promise<FileRow[]> {
  return await ex
    .selectFrom("incoming_file")
    .selectAll()
    .where("received_at", "<", before)
    .orderBy("id")
    .limit(10_000)
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
    .limit(10_000)
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

export async function expireUploads(tx: Tx, uploads: readonly number[], now: string): Promise<void> {
  for (const ids of chunks(uploads)) {
    await tx.updateTable("upload").set({ expired_at: now }).where("id", "in", ids).execute();
  }
}

/** Those of the given SHA-256 sums that received files and uploads have, these until they expire. Some hundred at most. */
export async function sumsOfUploads(ex: Executor, some: readonly string[]): Promise<Set<string>> {
  const received = await ex
    .selectFrom("incoming_file")
    .select("sha256")
    .where("sha256", "in", some)
    .execute();
  const listed = await ex
    .selectFrom("upload_file")
    .innerJoin("upload", "upload.id", "upload_file.upload_id")
    .select("sha256")
    .where("sha256", "in", some)
    .where("upload.expired_at", "is", null)
    .execute();
  return new Set([...received, ...listed].map(({ sha256 }) => sha256));
}

/** Those of the given SHA-256 sums whose content some row still needs. */
export async function neededSums(ex: Executor, sums: readonly string[]): Promise<Set<string>> {
  const needed = new Set<string>();
  for (const some of chunks(sums)) {
    for (const sum of await sumsOfUploads(ex, some)) needed.add(sum);
    const found = [
      ...(await ex.selectFrom("pool_file").select("sha256").where("sha256", "in", some).execute()),
      ...(await ex
        .selectFrom("package_file")
        .select("contents_sha256 as sha256")
        .where("contents_sha256", "in", some)
        .execute()),
      ...(await ex
        .selectFrom("port_request")
        .select("dsc_sha256 as sha256")
        .where("dsc_sha256", "in", some)
        .where("state", "=", "open")
        .execute()),
    ];
    for (const { sha256 } of found) if (sha256 !== null) needed.add(sha256);
    for (const sum of some) if (!needed.has(sum) && (await namedInJson(ex, sum))) needed.add(sum);
  }
  return needed;
}

/** Lists of files that stand in rows as JSON text. */
async function namedInJson(ex: Executor, sum: string): Promise<boolean> {
  const like = `%${sum}%`;
  const release = await ex
    .selectFrom("release")
    .select("id")
    .where((eb) => eb.or([eb("buildinfos", "like", like), eb("changes", "like", like)]))
    .executeTakeFirst();
  if (release !== undefined) return true;
  const port = await ex
    .selectFrom("port_request")
    .select("bkey")
    .where("kept", "like", like)
    .where("state", "=", "open")
    .executeTakeFirst();
  if (port !== undefined) return true;
  const build = await ex.selectFrom("build").select("id").where("result", "like", like).executeTakeFirst();
  return build !== undefined;
}

/** Databases limit the number of values of one statement. */
function chunks<T>(values: readonly T[], size = 500): T[][] {
  const unique = [...new Set(values)];
  return Array.from({ length: Math.ceil(unique.length / size) }, (_, index) =>
    unique.slice(index * size, (index + 1) * size),
  );
}

export async function uploadByReservedBkey(ex: Executor, bkey: string): Promise<number | undefined> {
  return (await ex.selectFrom("upload").select("id").where("reserved_bkey", "=", bkey).executeTakeFirst())
    ?.id;
}
