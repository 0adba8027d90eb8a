import type { Executor, Row, RowUpdate, Tx } from "#db";
import { type Transition, UPLOAD_TRANSITIONS, type UploadTransition } from "./states.ts";

export type Upload = Row<"upload">;
export type UploadFile = Row<"upload_file">;

export async function findUpload(db: Executor, id: number): Promise<Upload | undefined> {
  return await db.selectFrom("upload").selectAll().where("id", "=", id).executeTakeFirst();
}

export async function filesOfUpload(db: Executor, uploadId: number): Promise<UploadFile[]> {
  return await db
    .selectFrom("upload_file")
    .selectAll()
    .where("upload_id", "=", uploadId)
    .orderBy("name")
    .execute();
}

/** Moves an upload on; false when it is not in a state that the transition begins in. */
export async function moveUpload(
  tx: Tx,
  id: number,
  name: UploadTransition,
  change: Omit<RowUpdate<"upload">, "id" | "state"> = {},
): Promise<boolean> {
  const { from, to }: Transition = UPLOAD_TRANSITIONS[name];
  const result = await tx
    .updateTable("upload")
    .set({ ...change, state: to })
    .where("id", "=", id)
    .where("state", "in", [...from])
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** Earlier uploads with the same signed text that went further than verification. */
export async function findSamePayload(
  db: Executor,
  payloadSha256: string,
  butNot: number,
): Promise<Upload[]> {
  return await db
    .selectFrom("upload")
    .selectAll()
    .where("payload_sha256", "=", payloadSha256)
    .where("state", "=", "ACCEPTED")
    .where("id", "<>", butNot)
    .orderBy("id", "desc")
    .execute();
}
