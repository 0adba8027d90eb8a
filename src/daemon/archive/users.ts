import type { Executor } from "#db";
import { sumsInTexts, sumsOfUploads } from "#incoming";

/** What rows outside the archive need of its files. */

const ROWS = 500;

/**
 * Those of the SHA-256 sums that some row needs: received and uploaded files (until their upload expires), results of
 * builds, sources of ports that are still to be made, and what releases and packages name beside the pool. Whatever looks like a sum in a result
 * counts.
 */
export async function blobUsers(db: Executor, sha256s: readonly string[]): Promise<Set<string>> {
  const used = new Set<string>();
  for (let at = 0; at < sha256s.length; at += ROWS) {
    const some = sha256s.slice(at, at + ROWS);
    for (const sha256 of await sumsOfUploads(db, some)) used.add(sha256);
    for (const sha256 of await namedInColumns(db, some)) used.add(sha256);
  }
  const open = sha256s.filter((sha256) => !used.has(sha256));
  for (const sha256 of await sumsInTexts(db, open)) used.add(sha256);
  return used;
}

async function namedInColumns(db: Executor, some: readonly string[]): Promise<string[]> {
  const rows = [
    ...(await db
      .selectFrom("upload")
      .select("changes_sha256 as sha256")
      .where("changes_sha256", "in", some)
      .where("expired_at", "is", null)
      .execute()),
    ...(await db
      .selectFrom("port_request")
      .select("dsc_sha256 as sha256")
      .where("dsc_sha256", "in", some)
      .where("state", "=", "open")
      .execute()),
    ...(await db
      .selectFrom("package_file")
      .select("contents_sha256 as sha256")
      .where("contents_sha256", "in", some)
      .execute()),
  ];
  return rows.flatMap(({ sha256 }) => sha256 ?? []);
}

/** Sources of a repository that are being packaged: parts of them may come from its pool. */
export async function busySources(db: Executor, repository: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom("packaging")
    .select("source")
    .distinct()
    .where("repository", "=", repository)
    .where("ended_at", "is", null)
    .execute();
  return new Set(rows.map(({ source }) => source));
}
