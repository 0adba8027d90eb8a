/** A file that the batch or the store has already; `path` is where. */
export interface StoredFile {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}
