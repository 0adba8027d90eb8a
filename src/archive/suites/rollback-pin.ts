import type { Executor, Tx } from "#db";
import { versionsEqual } from "#deb";
import { badArgument, MbdError } from "#platform";
import type { ArchiveDistribution } from "../types.ts";
import { knownDistribution } from "./draft-rules.ts";
import { liveOf, suiteFacts } from "./state-store.ts";

/** An entry of a rollback list, as people name it. */
export interface RollbackPin {
  /** A rollback distribution, or the live one: then the version, or that there is one only, says which is meant. */
  readonly distribution: string;
  readonly source: string;
  readonly version?: string;
  /** False: it is kept no longer than others again. */
  readonly pinned: boolean;
}

export interface PinnedRollback {
  /** The rollback distribution that shows it now. */
  readonly distribution: string;
  readonly component: string;
  readonly source: string;
  readonly version: string;
  readonly pinned: boolean;
}

/**
 * Keeps an entry of a rollback list whatever the number and age of rollbacks, or no longer than others again. Clients
 * see nothing of it, so nothing is published. @throws MbdError not_found, version_mismatch, bad_argument
 */
export async function pinRollback(tx: Tx, request: RollbackPin): Promise<PinnedRollback> {
  const { distribution, source, version, pinned } = request;
  const row = await knownDistribution(tx, distribution);
  const entries = (await entriesOf(tx, row)).filter((entry) => entry.source === source);
  if (entries.length === 0)
    throw new MbdError("not_found", { what: `Source '${source}' in the rollbacks of ${distribution}` });
  const current = entries.map((entry) => entry.version).join(", ");
  const meant = entries.filter((entry) => version === undefined || versionsEqual(entry.version, version));
  const [entry, ...more] = meant;
  if (entry === undefined)
    throw new MbdError("version_mismatch", { distribution, source, current, version: version ?? "" });
  if (more.length > 0)
    throw badArgument(
      "source",
      `the rollbacks of ${distribution} hold ${current}; say which as ${source}=VERSION`,
    );
  await tx
    .updateTable("rollback_membership")
    .set({ pinned: pinned ? 1 : 0 })
    .where("id", "=", entry.id)
    .execute();
  return viewOf({ ...entry, pinned: pinned ? 1 : 0 });
}

/** Those that are pinned, of a rollback or of all rollbacks of a live distribution. @throws MbdError not_found */
export async function pinnedRollbacks(db: Executor, distribution: string): Promise<PinnedRollback[]> {
  const entries = await entriesOf(db, await knownDistribution(db, distribution));
  return entries.filter(({ pinned }) => pinned === 1).map(viewOf);
}

interface EntryRow {
  readonly id: number;
  readonly distribution: string;
  readonly component: string;
  readonly source: string;
  readonly version: string;
  readonly pinned: number;
}

/** By position, then source. */
async function entriesOf(db: Executor, row: ArchiveDistribution): Promise<EntryRow[]> {
  const live = row.kind === "rollback" ? await liveOf(db, row) : row;
  let select = db
    .selectFrom("rollback_membership as m")
    .innerJoin("release as r", "r.id", "m.release_id")
    .innerJoin("archive_distribution as d", (join) =>
      join.onRef("d.live_id", "=", "m.distribution_id").onRef("d.position", "=", "m.position"),
    )
    .select(["m.id", "d.name as distribution", "m.component", "m.source", "r.version", "m.pinned"])
    .where("m.distribution_id", "=", live.id)
    .where("m.component", "in", suiteFacts(live).components)
    .where("m.removed", "is", null)
    .orderBy("m.position")
    .orderBy("m.source");
  if (row.kind === "rollback") select = select.where("m.position", "=", row.position ?? -1);
  return await select.execute();
}

function viewOf({ distribution, component, source, version, pinned }: EntryRow): PinnedRollback {
  return { distribution, component, source, version, pinned: pinned === 1 };
}
