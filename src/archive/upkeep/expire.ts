import type { Database, Executor } from "#db";
import type { Clock } from "#platform";
import { applyChange, type ChangePlan, type ExpireRequest, planChange } from "../suites/index.ts";
import type { DistributionOptions, PublishQueue } from "../types.ts";

/** Rollbacks kept by age. */

export interface ExpireDeps {
  readonly db: Database;
  readonly queue: PublishQueue;
  readonly clock: Clock;
}

/** A release that leaves the rollback list of its source. Its files stay while a moment, pin or snapshot needs them. */
export interface ExpiredRollback {
  /** The rollback that showed it. */
  readonly distribution: string;
  readonly component: string;
  readonly source: string;
  readonly version: string;
  /** For which its live distribution keeps rollbacks. */
  readonly days: number;
}

export interface ExpiredRollbacks {
  readonly expired: readonly ExpiredRollback[];
  /** Distributions to publish. */
  readonly changed: readonly string[];
}

/**
 * Shortens the rollback lists of all live distributions that keep rollbacks for some days only: in one transaction for
 * each of them, which has what changes published.
 */
export async function expireRollbacks(deps: ExpireDeps, dryRun: boolean): Promise<ExpiredRollbacks> {
  const expired: ExpiredRollback[] = [];
  const changed: string[] = [];
  for (const { days, ...request } of await requests(deps)) {
    const plan = await planChange(deps.db.read, request);
    if (plan.distributions.length === 0) continue;
    if (dryRun) {
      for (const each of leaving(plan, days)) expired.push(each);
      continue;
    }
    const applied = await deps.db.write((tx) => applyChange(deps, tx, request));
    for (const each of leaving(applied.plan, days)) expired.push(each);
    for (const name of applied.changed) changed.push(name);
  }
  return { expired, changed };
}

async function requests({ db, clock }: ExpireDeps): Promise<(ExpireRequest & { readonly days: number })[]> {
  const now = clock.now().getTime();
  return (await keptByAge(db.read)).map(({ distribution, days }) => ({
    kind: "expire",
    ...{ distribution, days },
    listedBefore: new Date(now - days * DAY_MS).toISOString(),
  }));
}

const DAY_MS = 86_400_000;

async function keptByAge(db: Executor): Promise<{ distribution: string; days: number }[]> {
  const rows = await db
    .selectFrom("archive_distribution")
    .select(["name", "options"])
    .where("kind", "=", "live")
    .orderBy("name")
    .execute();
  return rows.flatMap(({ name: distribution, options }) => {
    const days = (JSON.parse(options) as DistributionOptions).retention?.rollbackDays;
    return days === undefined ? [] : [{ distribution, days }];
  });
}

/** What only moves up has another place to go to. */
function leaving({ distributions }: ChangePlan, days: number): ExpiredRollback[] {
  return distributions.flatMap(({ distribution, removed }) =>
    removed
      .filter(({ other }) => other === undefined)
      .map(({ component, source, version }) => ({ distribution, component, source, version, days })),
  );
}
