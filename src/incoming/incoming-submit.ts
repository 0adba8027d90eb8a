import type { Tx } from "#db";
import { isChangesFileName, isFileName, quote } from "#deb";
import { MbdError } from "#platform";
import { uploadByReservedBkey } from "./incoming-store.ts";
import { createReceived, type UploadDeps } from "./incoming-uploads.ts";

/** A file whose content is the blob with this SHA-256. */
export interface LocalFile {
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** An upload that this instance made itself (port, keyring or test package). */
export interface InternalUpload {
  /** All files of the upload, the .changes too; their content is stored already. */
  readonly files: readonly LocalFile[];
  /** Which of them is the .changes. */
  readonly changes: string;
  /** Bkey that the packaging will get. With the same one again, the upload that is there already is returned. */
  readonly reservedBkey?: string;
  /** Who or what made it, for people. */
  readonly from: string;
  /** Of the job that verifies it (pipeline.md 4): ports −10, keyring packages +10, test packages −20. */
  readonly priority?: number;
}

/**
 * Makes the upload in the caller's transaction; all checks of verification apply to it as to any other.
 * @throws MbdError `engine_stopped`
 */
export type SubmitInternal = (tx: Tx, upload: InternalUpload) => Promise<number>;

export function createSubmitInternal(deps: UploadDeps & { isRunning(): boolean }): SubmitInternal {
  return async (tx, upload) => {
    if (!deps.isRunning()) throw new MbdError("engine_stopped");
    for (const { name } of upload.files) {
      if (!isFileName(name)) throw new MbdError("bad_file_name", { name: quote(name).slice(1, -1) });
    }
    const files = upload.files.map(({ name, sha256, sizeBytes }) => ({ name, sha256, size: sizeBytes }));
    const changes = files.find((file) => file.name === upload.changes);
    if (changes === undefined || !isChangesFileName(changes.name)) {
      throw new MbdError("bad_changes", { changes: upload.changes, reason: "it is not among the files" });
    }
    const { reservedBkey, priority, from } = upload;
    const earlier = reservedBkey === undefined ? undefined : await uploadByReservedBkey(tx, reservedBkey);
    return (
      earlier ??
      (await createReceived(tx, deps, { origin: "internal", from, changes, files, reservedBkey, priority }))
    );
  };
}
