import type { Database } from "#db";
import type { Dsc } from "#deb";
import type { BlobStore } from "#platform";
import type { Packaging } from "./packaging-store.ts";
import { collectSourceFiles, type FindPoolFile, type StoredFile } from "./source-files.ts";
import { filesOfUpload, type UploadFile } from "./upload-store.ts";
import { readDscBlob } from "./verify-payload.ts";

export interface SourceDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
}

/** The source package that a packaging is about. */
export interface PackagedSource {
  readonly dsc: StoredFile;
  /** What the .dsc lists, from the upload or the pool. */
  readonly files: readonly StoredFile[];
}

/** The .dsc that a packaging builds. */
export async function dscOf(deps: SourceDeps, packaging: Packaging): Promise<Dsc> {
  return await readDscBlob(deps.blobs, findDsc(packaging, await uploadedWith(deps, packaging)));
}

/** All files of the source that a packaging builds. @throws MbdError file_mismatch, pool_conflict, source_incomplete */
export async function sourceOf(
  deps: SourceDeps & { readonly findPoolFile: FindPoolFile },
  packaging: Packaging,
): Promise<PackagedSource> {
  const uploaded = await uploadedWith(deps, packaging);
  const file = findDsc(packaging, uploaded);
  const dsc = await readDscBlob(deps.blobs, file);
  const { repository } = packaging;
  return {
    dsc: { name: file.name, sha256: file.sha256, sizeBytes: file.size },
    files: await collectSourceFiles(dsc, file.name, uploaded, repository, deps.findPoolFile),
  };
}

async function uploadedWith({ db }: SourceDeps, packaging: Packaging): Promise<UploadFile[]> {
  return await filesOfUpload(db.read, packaging.upload_id);
}

function findDsc(packaging: Packaging, uploaded: readonly UploadFile[]): UploadFile {
  const file = uploaded.find((each) => each.name === packaging.dsc);
  if (file === undefined) throw new Error(`upload ${packaging.upload_id} has no file ${packaging.dsc}`);
  return file;
}
