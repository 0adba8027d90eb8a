import type { Executor, Row } from "#db";
import { jsonOf, listOf, recordOf, textOf } from "./parse.ts";

export interface UploadView {
  readonly upload: Row<"upload">;
  readonly files: readonly Row<"upload_file">[];
  readonly packagings: readonly Row<"packaging">[];
  /** The person the key of the signature belongs to, when it is known here. */
  readonly signerName: string | undefined;
}

/** Newest first. */
export async function listUploads(
  db: Executor,
  query: {
    readonly state?: string | undefined;
    readonly before?: number | undefined;
    readonly limit: number;
  },
): Promise<Row<"upload">[]> {
  let select = db.selectFrom("upload").selectAll().orderBy("id", "desc").limit(query.limit);
  if (query.state !== undefined) select = select.where("state", "=", query.state);
  if (query.before !== undefined) select = select.where("id", "<", query.before);
  return await select.execute();
}

export async function findUpload(db: Executor, id: number): Promise<UploadView | undefined> {
  const upload = await db.selectFrom("upload").selectAll().where("id", "=", id).executeTakeFirst();
  if (upload === undefined) return undefined;
  const files = await db
    .selectFrom("upload_file")
    .selectAll()
    .where("upload_id", "=", id)
    .orderBy("name")
    .limit(200)
    .execute();
  const packagings = await db
    .selectFrom("packaging")
    .selectAll()
    .where("source", "=", upload.source ?? "")
    .where("upload_id", "=", id)
    .orderBy("id")
    .limit(20)
    .execute();
  const key =
    upload.signer === null
      ? undefined
      : await db
          .selectFrom("uploader_key")
          .select("user_id")
          .where("fingerprint", "=", upload.signer)
          .limit(1)
          .executeTakeFirst();
  return { upload, files, packagings, signerName: key?.user_id };
}

export interface UploadError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** The errors column; `hint` is there when the one that rejected wrote it. */
export function uploadErrors(upload: Row<"upload">): UploadError[] {
  return listOf(jsonOf(upload.errors)).map((item) => {
    const error = recordOf(item);
    return {
      code: textOf(error.code) ?? "internal_error",
      message: textOf(error.message) ?? "The upload was rejected.",
      hint: textOf(error.hint),
    };
  });
}
