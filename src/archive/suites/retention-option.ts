import type { Tx } from "#db";
import type { DistributionOptions, RetentionOptions } from "../types.ts";
import { rollbacksOf, updateDistribution } from "./distribution-store.ts";
import { knownDistribution, liveDistribution } from "./draft-rules.ts";

export interface RetentionChange {
  readonly momentDays?: number;
  /** Null: for as long as the number of rollbacks allows. */
  readonly rollbackDays?: number | null;
}

/**
 * Says how long a live distribution and its rollbacks keep what is past; what is not given stays as it is. Clients see
 * nothing of it, so nothing is published. Returns what holds then. @throws MbdError not_found, is_rollback
 */
export async function setRetention(
  tx: Tx,
  distribution: string,
  change: RetentionChange,
): Promise<RetentionOptions> {
  const live = await liveDistribution(tx, distribution);
  for (const row of [live, ...(await rollbacksOf(tx, live.id))]) {
    const options = JSON.parse(row.options) as DistributionOptions;
    const changed = withRetention(options, changedRetention(options.retention, change));
    await updateDistribution(tx, row.id, { options: JSON.stringify(changed) });
  }
  const { options } = await knownDistribution(tx, distribution);
  return (JSON.parse(options) as DistributionOptions).retention ?? {};
}

export function changedRetention(
  known: RetentionOptions | undefined,
  { momentDays = known?.momentDays, rollbackDays = known?.rollbackDays ?? null }: RetentionChange,
): RetentionOptions {
  return {
    ...(momentDays === undefined ? {} : { momentDays }),
    ...(rollbackDays === null ? {} : { rollbackDays }),
  };
}

/** In the order in which rows have it, so that equal options are equal texts. */
export function withRetention(
  options: DistributionOptions,
  retention: RetentionOptions | undefined,
): DistributionOptions {
  const { retention: _, ...others } = options;
  if (retention === undefined || Object.keys(retention).length === 0) return others;
  return { ...others, retention };
}
