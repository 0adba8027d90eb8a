import type { Dsc } from "#deb";
import { MbdError } from "#platform";
import type { UploadFile } from "./upload-store.ts";

/** A file whose bytes are the blob with this hash. */
export interface StoredFile {
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export type FindPoolFile = (
  repository: string,
  fileName: string,
) => Promise<{ readonly sha256: string; readonly size: number } | undefined>;

/**
 * The files that a .dsc lists, from the upload or, as an upload without its original tarball is allowed, from the pool of
 * the repository (step 10 of pipeline.md 2.4). Other bytes under a name of the pool are refused, wherever they come from.
 */
export async function collectSourceFiles(
  dsc: Dsc,
  dscName: string,
  uploaded: readonly UploadFile[],
  repository: string,
  findPoolFile: FindPoolFile,
): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for (const wanted of dsc.files) {
    const pooled = await findPoolFile(repository, wanted.name);
    const sent = uploaded.find((file) => file.name === wanted.name);
    if (sent !== undefined && (sent.sha256 !== wanted.sha256 || sent.size !== wanted.size)) {
      const reason = `it has SHA256 ${sent.sha256} and ${sent.size} bytes, ${dscName} says ${wanted.sha256} and ${wanted.size}`;
      throw new MbdError("file_mismatch", { file: wanted.name, changes: dscName, reason });
    }
    if (pooled !== undefined && pooled.sha256 !== wanted.sha256) {
      throw new MbdError("pool_conflict", { file: wanted.name, have: pooled.sha256, new: wanted.sha256 });
    }
    if (sent === undefined && pooled === undefined) {
      throw new MbdError("source_incomplete", { file: wanted.name, dsc: dscName });
    }
    files.push({ name: wanted.name, sha256: wanted.sha256, sizeBytes: wanted.size });
  }
  return files;
}
