import { nextNumber, type Tx } from "#db";
import type { ArchiveDistribution, PublishQueue } from "../types.ts";

/** Kind of the jobs that publish; their subject is `<repository>/<distribution>`. */
export const PUBLISH_KIND = "publish";

/** Cause of a publish that is a moment no more, and stands where others were. */
export const FORGOTTEN = "forgotten";

/**
 * The number of a change of a repository. Taken first in each transaction that changes an archive: on PostgreSQL it
 * lets one such transaction run at a time, so checks made after it see all that was committed before, and numbers
 * become visible in their order.
 */
export async function takePublish(
  tx: Tx,
  change: { readonly repository: string; readonly time: string; readonly cause: string },
): Promise<number> {
  const id = await nextNumber(tx, "publish");
  await tx
    .insertInto("publish")
    .values({ id, ...change, pinned: 0 })
    .execute();
  return id;
}

/** Has distributions published up to a change. */
export async function wantPublish(
  tx: Tx,
  queue: PublishQueue,
  distributions: readonly Pick<ArchiveDistribution, "id" | "repository" | "name" | "kind">[],
  publish: number,
): Promise<void> {
  for (const { id, repository, name, kind } of distributions) {
    await tx
      .updateTable("archive_distribution")
      .set({ wanted_publish: publish })
      .where("id", "=", id)
      .execute();
    // Clients wait for live distributions; rollbacks, of which a new repository has dozens, come after them.
    const priority = kind === "live" ? 0 : -1;
    await queue.enqueue(tx, { kind: PUBLISH_KIND, subject: `${repository}/${name}`, priority });
  }
}
