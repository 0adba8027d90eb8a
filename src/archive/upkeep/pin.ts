import type { Tx } from "#db";
import { MbdError } from "#platform";
import { FORGOTTEN } from "../suites/index.ts";
import { lockChanges } from "./retention-store.ts";

/** A moment of a repository, by the number of its publish. */
export interface Pin {
  readonly repository: string;
  readonly publish: number;
  /** False: kept no longer than others again. */
  readonly pinned: boolean;
}

/** Keeps a moment for ever, or no longer. @throws MbdError not_found when there is none (any more) */
export async function pinMoment(tx: Tx, { repository, publish, pinned }: Pin): Promise<void> {
  await lockChanges(tx);
  const { numUpdatedRows } = await tx
    .updateTable("publish")
    .set({ pinned: pinned ? 1 : 0 })
    .where("id", "=", publish)
    .where("repository", "=", repository)
    .where("cause", "!=", FORGOTTEN)
    .executeTakeFirst();
  if (numUpdatedRows === 0n)
    throw new MbdError("not_found", { what: `Moment ${publish} of repository '${repository}'` });
}
