import { constants, copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "#db";
import { type BlobStore, MbdError, statOrUndefined } from "#platform";
import { archiveUrls, openDownload } from "#sources";
import { readDscBlob } from "../verify-payload.ts";
import type { PortRequest } from "./port-store.ts";

/** All files of one source; what an upload by HTTP or FTP may have in one session too. */
const MAX_SOURCE_BYTES = 16 * 1024 ** 3;

export interface PlaceDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
}

/**
 * Puts the .dsc, as it was when the port was asked for, and the files it lists into `workDir`, each by its SHA-256; what
 * is not stored is fetched.
 * @throws MbdError bad_dsc, too_large, file_mismatch, download_failed, address_refused, expired
 */
export async function placeSource(
  deps: PlaceDeps,
  request: PortRequest,
  workDir: string,
  signal: AbortSignal,
): Promise<void> {
  const { blobs } = deps;
  const { dsc: name, dsc_sha256: sha256 } = request;
  const stored = await statOrUndefined(blobs.path(sha256));
  if (stored === undefined) throw new MbdError("expired", { bkey: request.bkey });
  const dsc = await readDscBlob(blobs, { name, sha256, size: stored.size });
  const totalBytes = dsc.files.reduce((sum, file) => sum + file.size, 0);
  if (totalBytes > MAX_SOURCE_BYTES)
    throw new MbdError("too_large", { what: `The source of ${name}`, limit: MAX_SOURCE_BYTES });
  await place(blobs, sha256, join(workDir, name));
  for (const file of dsc.files) {
    if (!(await blobs.has(file.sha256))) await fetchFile(deps, request, file, signal);
    await place(blobs, file.sha256, join(workDir, file.name));
  }
}

/** By copy: tools that work on untrusted source have the user of the store, and could write through a link. */
async function place(blobs: BlobStore, sha256: string, path: string): Promise<void> {
  await copyFile(blobs.path(sha256), path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
}

async function fetchFile(
  { db, blobs }: PlaceDeps,
  { bkey, url, dsc }: PortRequest,
  file: { readonly name: string; readonly sha256: string; readonly size: number },
  signal: AbortSignal,
): Promise<void> {
  if (url === "") throw new MbdError("expired", { bkey });
  const address = new URL(encodeURIComponent(file.name), url).href;
  const stream = await openDownload(address, { allowed: await archiveUrls(db.read), signal });
  const expected = { sha256: file.sha256, sizeBytes: file.size, list: dsc };
  await blobs.put(stream, { name: file.name, expected });
}
