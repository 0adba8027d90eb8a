import type { Database, Tx } from "#db";
import { FORGOTTEN } from "../suites/index.ts";
import { keptDistributions, lockChanges, type RetentionTime } from "./retention-store.ts";

/** Which publishes are moments no more. */

export interface AgedPublish {
  readonly id: number;
  readonly pinned: boolean;
  /** Stands for moments that are forgotten. */
  readonly forgotten: boolean;
}

export interface PublishPlan {
  readonly gone: readonly number[];
  /** Stay as a mark, so that nobody is shown the pinned moment before for a time when all was different already. */
  readonly marked: readonly number[];
}

/**
 * Publishes that are no kept moment: one that has a row must be whole, for all distributions. The newest before the
 * kept time is the state at its beginning, and stays; so does a mark behind each pinned one.
 * @param rows of one repository from before the time that is kept, in order
 */
export function planPublishes(rows: readonly AgedPublish[]): PublishPlan {
  const gone: number[] = [];
  const marked: number[] = [];
  for (const [index, { id, pinned, forgotten }] of rows.slice(0, -1).entries()) {
    if (pinned) continue;
    const isMark = rows[index - 1]?.pinned === true;
    if (!isMark) gone.push(id);
    else if (!forgotten) marked.push(id);
  }
  return { gone, marked };
}

/** Publishes changed by one transaction: others wait no longer than for these. */
const BATCH = 200;

/**
 * Forgets moments. It comes before their rows do: a moment that somebody may ask for, or pin, is whole at any instant.
 * Ending anywhere leaves what the next run takes up.
 */
export async function forgetPublishes(
  { db }: { readonly db: Database },
  repository: string,
  time: RetentionTime,
  onStep: () => void,
): Promise<void> {
  let left = true;
  while (left) {
    left = await db.write(async (tx) => {
      await lockChanges(tx);
      const { gone, marked } = planPublishes(await agedPublishes(tx, repository, time));
      // Marks first: without them the next look would take the rows behind for others.
      if (marked.length > 0)
        await tx
          .updateTable("publish")
          .set({ cause: FORGOTTEN })
          .where("id", "in", marked.slice(0, BATCH))
          .execute();
      if (marked.length <= BATCH && gone.length > 0)
        await tx.deleteFrom("publish").where("id", "in", gone.slice(0, BATCH)).execute();
      return marked.length > BATCH || gone.length > BATCH;
    });
    onStep();
  }
}

async function agedPublishes(tx: Tx, repository: string, time: RetentionTime): Promise<AgedPublish[]> {
  const [distribution] = await keptDistributions(tx, repository, time);
  if (distribution === undefined) return [];
  const rows = await tx
    .selectFrom("publish")
    .select(["id", "pinned", "cause"])
    .where("repository", "=", repository)
    .where("time", "<", distribution.keepSince)
    .orderBy("id")
    .execute();
  return rows.map(({ id, pinned, cause }) => ({
    id: Number(id),
    pinned: pinned === 1,
    forgotten: cause === FORGOTTEN,
  }));
}
