import type { Executor } from "#db";
import { MbdError } from "#platform";
import type { DistributionRows } from "../repository-store.ts";

/** Bkeys of packagings that are under way in a codename of a repository, or in one suite of it; oldest first. */
export async function unfinishedIn(
  db: Executor,
  { repository, distribution }: Pick<DistributionRows, "repository" | "distribution">,
  suite?: string,
): Promise<string[]> {
  let query = db
    .selectFrom("packaging")
    .select("bkey")
    .where("repository", "=", repository.identity)
    .where("codename", "=", distribution.codename)
    .where("state", "in", ["QUEUED", "BUILDING", "INSTALLING"])
    .orderBy("accepted_no");
  if (suite !== undefined) query = query.where("suite", "=", suite);
  return (await query.execute()).map((row) => row.bkey);
}

/** A change that packagings under way depend on waits for them (pipeline.md 5). @throws MbdError setting_busy */
export async function refuseWhileBuilding(
  db: Executor,
  rows: Pick<DistributionRows, "repository" | "distribution">,
  setting: string,
): Promise<void> {
  const [first, ...others] = await unfinishedIn(db, rows);
  if (first === undefined) return;
  const object = `${rows.distribution.codename}-${rows.repository.identity}`;
  const bkey = others.length === 0 ? first : `${first} and ${others.length} more`;
  throw new MbdError("setting_busy", { setting, object, bkey });
}

/** Some names, and how many more there are. */
export function someOf(names: readonly string[], shown = 3): string {
  const more = names.length - shown;
  return more > 0 ? `${names.slice(0, shown).join(", ")} and ${more} more` : names.join(", ");
}
