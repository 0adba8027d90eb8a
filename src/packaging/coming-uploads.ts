import { readFile } from "node:fs/promises";
import type { Database } from "#db";
import { type Changes, FormatError, parseChanges, unwrapClearsigned } from "#deb";
import { type BlobStore, MbdError, statOrUndefined } from "#platform";
import { resolveUploadTarget } from "#repositories";

const MAX_UPLOADS = 100;
const MAX_CHANGES_BYTES = 1024 * 1024;

export interface ComingUploadsDeps {
  readonly db: Database;
  readonly blobs: Pick<BlobStore, "path">;
}

/** A source that will bring its packages. */
export interface OnItsWay {
  readonly dsc: { readonly name: string; readonly sha256: string };
  readonly source: string;
  readonly version: string;
  /** `being built by` */
  readonly doing: string;
}

/**
 * Uploads to these distributions that were received, but are not verified yet, which takes a while for large ones. What
 * their .changes say is believed: if they lie, somebody waits until they are rejected. Ports are told of by their rows.
 */
export async function uploadsFor(
  deps: ComingUploadsDeps,
  distributions: readonly string[],
): Promise<OnItsWay[]> {
  const rows = await deps.db.read
    .selectFrom("upload")
    .innerJoin("upload_file", "upload_file.upload_id", "upload.id")
    .select(["upload.changes_name", "upload.changes_sha256", "upload_file.name", "upload_file.sha256"])
    .where("upload.ended_at", "is", null)
    .where("upload.state", "in", ["RECEIVED", "VERIFYING"])
    .where("upload.reserved_bkey", "is", null)
    .where("upload_file.name", "like", "%.dsc")
    .orderBy("upload.id")
    .limit(MAX_UPLOADS)
    .execute();
  const coming: OnItsWay[] = [];
  for (const { changes_name, changes_sha256, name, sha256 } of rows) {
    const changes = await readUnverified(deps.blobs.path(changes_sha256), changes_name);
    if (changes === undefined || !(await goesTo(deps.db, changes.distribution, distributions))) continue;
    const { source, version } = changes;
    coming.push({ dsc: { name, sha256 }, source, version, doing: "being verified as" });
  }
  return coming;
}

/** None of one that cannot be read: its verification will say why. */
async function readUnverified(path: string, name: string): Promise<Changes | undefined> {
  const size = (await statOrUndefined(path))?.size ?? Number.POSITIVE_INFINITY;
  if (size > MAX_CHANGES_BYTES) return undefined;
  try {
    return parseChanges(unwrapClearsigned(await readFile(path, "utf8"), name), name);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

async function goesTo(db: Database, requested: string, distributions: readonly string[]): Promise<boolean> {
  if (distributions.includes(requested)) return true;
  try {
    return distributions.includes((await resolveUploadTarget(db.read, requested)).name);
  } catch (error) {
    if (error instanceof MbdError) return false;
    throw error;
  }
}
