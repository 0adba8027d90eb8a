import { join } from "node:path";
import type { Database, Executor, Tx } from "#db";
import { type Clock, isoNow, namesIn, unlinkIfPresent } from "#platform";
import { distributionPaths, needsRenewal } from "../publish/index.ts";
import { distributionNamed, PUBLISH_KIND, takePublish, wantPublish } from "../suites/index.ts";
import type { ArchiveDistribution, PublishQueue } from "../types.ts";

export interface RepublishDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly queue: PublishQueue;
  /** Directory with a directory for each repository. */
  readonly repositories: string;
  readonly publish: (repository: string, distribution: string) => Promise<void>;
}

/**
 * Makes all indices of a distribution from rows, whatever was made before; clients see a new Release only when
 * something differs, or by force.
 */
export async function reindex(
  deps: RepublishDeps,
  row: ArchiveDistribution,
  { force = false, cause = "reindex" }: { readonly force?: boolean; readonly cause?: string } = {},
): Promise<void> {
  const { repository, name } = row;
  await deps.db.write((tx) => wantAnew(deps, tx, row, { force, cause: `${cause} ${name}` }));
  const { root } = distributionPaths(join(deps.repositories, repository), name);
  for (const file of (await namesIn(root)).filter((each) => each.endsWith(".manifest.json")))
    await unlinkIfPresent(join(root, file));
  await deps.publish(repository, name);
}

async function wantAnew(
  { queue, clock }: RepublishDeps,
  tx: Tx,
  { id, repository, name, kind }: ArchiveDistribution,
  { force, cause }: { readonly force: boolean; readonly cause: string },
): Promise<void> {
  const publish = await takePublish(tx, { repository, time: isoNow(clock), cause });
  if (force)
    await tx.updateTable("archive_distribution").set({ content_sha256: null }).where("id", "=", id).execute();
  await wantPublish(tx, queue, [{ id, repository, name, kind }], publish);
}

/** Has distributions published whose Valid-Until is half over. Returns their names. */
export async function renewDue({
  db,
  clock,
  queue,
}: Pick<RepublishDeps, "db" | "clock" | "queue">): Promise<string[]> {
  const rows = await db.read.selectFrom("archive_distribution").selectAll().execute();
  const due = rows.filter((row) => needsRenewal(row, clock.now()));
  await db.write(async (tx) => {
    for (const { repository, name, kind } of due)
      await queue.enqueue(tx, {
        kind: PUBLISH_KIND,
        subject: `${repository}/${name}`,
        priority: kind === "live" ? 0 : -1,
      });
  });
  return due.map(({ name }) => name);
}

/** By name, or all. */
export async function chosenDistributions(
  db: Executor,
  name: string | undefined,
): Promise<ArchiveDistribution[]> {
  if (name === undefined)
    return await db.selectFrom("archive_distribution").selectAll().orderBy("name").execute();
  const row = await distributionNamed(db, name);
  return row === undefined ? [] : [row];
}
