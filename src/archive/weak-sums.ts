import type { Database } from "#db";
import type { BlobStore } from "#platform";
import { digestFile, type WeakSums } from "./compress.ts";
import { inParts } from "./in-parts.ts";

/** MD5 and SHA-1 of pool files, for distributions whose clients are that old. */

/**
 * Computes the sums that files do not have yet, for when the option of a distribution is switched on after they came.
 * Returns how many files it read. Not inside a transaction.
 */
export async function fillWeakSums(
  deps: { readonly db: Database; readonly blobs: BlobStore },
  repository: string,
  paths: readonly string[],
  weak: WeakSums,
): Promise<number> {
  let read = 0;
  for (const some of inParts([...new Set(paths)])) {
    const rows = await deps.db.read
      .selectFrom("pool_file")
      .select(["path", "sha256", "md5", "sha1"])
      .where("repository", "=", repository)
      .where("path", "in", some)
      .execute();
    const missing = rows.filter((row) => (weak.md5 && row.md5 === null) || (weak.sha1 && row.sha1 === null));
    const sums: { path: string; set: { md5?: string; sha1?: string } }[] = [];
    for (const { path, sha256 } of missing) {
      const { md5, sha1 } = await digestFile(deps.blobs.path(sha256), weak);
      sums.push({
        path,
        set: { ...(md5 === undefined ? {} : { md5 }), ...(sha1 === undefined ? {} : { sha1 }) },
      });
    }
    read += sums.length;
    if (sums.length === 0) continue;
    await deps.db.write(async (tx) => {
      for (const { path, set } of sums) {
        await tx
          .updateTable("pool_file")
          .set(set)
          .where("repository", "=", repository)
          .where("path", "=", path)
          .execute();
      }
    });
  }
  return read;
}
