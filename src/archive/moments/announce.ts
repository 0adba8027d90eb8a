import { isoNow } from "#platform";
import { takePublish, updateDistribution, wantPublish } from "../suites/index.ts";
import type { ArchiveDistribution } from "../types.ts";
import type { SnapshotDeps } from "./snapshots.ts";

/** Where clients find earlier moments of a repository: apt fills in the timestamp that it is given. */
export function snapshotsField(url: string, repository: string): string {
  return `${url}/repositories/${repository}/snapshots/@SNAPSHOTID@/`;
}

/**
 * Has every Release name the address of its earlier moments. For the start of a server, whose address may be another
 * than before; what names it already is not published again.
 * @param url of the server as clients see it, without a slash at its end
 */
export async function announceMoments(deps: SnapshotDeps, url: string): Promise<void> {
  const known = await deps.db.read.selectFrom("archive_distribution").selectAll().execute();
  if (staleOf(known, url).length === 0) return;
  await deps.db.write(async (tx) => {
    const rows = await tx.selectFrom("archive_distribution").selectAll().execute();
    const stale = staleOf(rows, url);
    for (const repository of new Set(stale.map(({ row }) => row.repository))) {
      const changed = stale.filter(({ row }) => row.repository === repository);
      const cause = "change address of moments";
      const publish = await takePublish(tx, { repository, time: isoNow(deps.clock), cause });
      for (const { row, release_fields } of changed) await updateDistribution(tx, row.id, { release_fields });
      await wantPublish(
        tx,
        deps.queue,
        changed.map(({ row }) => row),
        publish,
      );
    }
  });
}

function staleOf(rows: readonly ArchiveDistribution[], url: string) {
  return rows
    .map((row) => ({ row, release_fields: withSnapshots(row.release_fields, url, row.repository) }))
    .filter(({ row, release_fields }) => release_fields !== row.release_fields);
}

/** In the order that set-up writes them in, so that it finds nothing to change. */
function withSnapshots(text: string, url: string, repository: string): string {
  const { Snapshots: _, Description, ...fields } = JSON.parse(text) as Record<string, string>;
  return JSON.stringify({
    ...fields,
    Snapshots: snapshotsField(url, repository),
    ...(Description === undefined ? {} : { Description }),
  });
}
