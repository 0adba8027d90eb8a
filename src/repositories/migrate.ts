import type { ChangePlan, ChangeRequest } from "#archive";
import type { Executor } from "#db";
import { parseDistribution } from "#deb";
import type { Actor } from "#events";
import { MbdError } from "#platform";
import { type ChangeDeps, distributionMeant, liveOfRollback } from "./change-deps.ts";
import { type Move, movedEvent } from "./change-events.ts";
import { moveOutcome } from "./change-outcome.ts";
import { alreadyThereSentence, heldSentence, moveSentence } from "./change-sentences.ts";
import { type Hold, holdsOf } from "./holds.ts";
import { publishCommitted, type Unpublished } from "./publish-now.ts";
import { findRepository } from "./repository-store.ts";
import { distributionName, resolveDistribution } from "./resolve.ts";

/** Of a rollback distribution it is a restore (pipeline.md 7.2, 7.3). */
export interface MigrateRequest {
  readonly source: string;
  readonly distribution: string;
  readonly version?: string;
  /** Along the whole chain of suites. */
  readonly full?: boolean;
  readonly allowDowngrade?: boolean;
  /** A restore may replace what is live. */
  readonly replace?: boolean;
}

export interface Migrated {
  readonly source: string;
  readonly version: string;
  readonly component: string;
  readonly steps: {
    readonly from: string;
    readonly to: string;
    readonly replaced: string | null;
    readonly rollbacks: string[];
  }[];
  readonly events: number[];
  /** Holds that kept it from migrating by itself, which go on; left out when there are none. */
  readonly holds?: Hold[];
  /** What clients do not see yet; left out when they see all. */
  readonly unpublished?: Unpublished[];
}

/**
 * Copies a source with all its packages to the next suite (or all suites of the chain), or restores it from a rollback:
 * all steps and their events in one transaction. Returns when clients see it, or with what they do not see yet.
 * @throws MbdError not_found, version_mismatch, ambiguous, no_target, already_there, downgrade, occupied, version_exists,
 * and those of distribution strings
 */
export async function migrate(deps: ChangeDeps, request: MigrateRequest, actor: Actor): Promise<Migrated> {
  const { migrated, changed } = await commitMigration(deps, request, actor);
  const unpublished = await publishCommitted(deps, changed);
  return { ...migrated, ...(unpublished.length === 0 ? {} : { unpublished }) };
}

export interface CommittedMigration {
  readonly migrated: Migrated;
  /** Distributions that have to be published, the first one first of all: there is a job for each. */
  readonly changed: readonly string[];
}

/** `migrate` without the publish, which several changes can share (pipeline.md 6.3). @throws MbdError as `migrate` */
export async function commitMigration(
  deps: ChangeDeps,
  request: MigrateRequest,
  actor: Actor,
): Promise<CommittedMigration> {
  const { db, archive, events } = deps;
  const { source } = request;
  const steps = await stepsOf(deps, request);
  const done = await db.write(async (tx) => {
    const all = [];
    for (const { step } of (await planSteps(deps, tx, steps)).open) {
      const { plan, changed } = await archive.apply(tx, step.change);
      const outcome = moveOutcome(plan, { ...step, source });
      const id = await events.record(tx, movedEvent(step, source, outcome, actor));
      all.push({ step, outcome, changed, id });
    }
    return all;
  });
  const [first] = done;
  if (first === undefined) throw new Error(`no step of ${source} was done`);
  const { version, component } = first.outcome;
  const holds = await holdsIn(
    db.read,
    done.map(({ step }) => step),
    source,
  );
  const migrated = {
    ...{ source, version, component },
    steps: done.map(({ step: { from, to }, outcome: { replaced, rollbacks } }) => ({
      ...{ from, to, replaced },
      rollbacks: [...rollbacks],
    })),
    events: done.map(({ id }) => id),
    ...(holds.length === 0 ? {} : { holds }),
  };
  return { migrated, changed: done.flatMap(({ changed }) => changed) };
}

/** A sentence for each step. @throws MbdError as `migrate` */
export async function planMigrate(deps: ChangeDeps, request: MigrateRequest): Promise<string[]> {
  const { source } = request;
  const { open, passed } = await planSteps(deps, deps.db.read, await stepsOf(deps, request));
  const holds = await holdsIn(
    deps.db.read,
    open.map(({ step }) => step),
    source,
  );
  return [
    ...holds.map(heldSentence),
    ...passed.map((distribution) => alreadyThereSentence(source, distribution)),
    ...open.map(({ step, plan }) =>
      moveSentence({ ...step, source }, moveOutcome(plan, { ...step, source })),
    ),
  ];
}

/** Holds that the automatic migration would keep to. */
async function holdsIn(db: Executor, steps: readonly Step[], source: string): Promise<Hold[]> {
  const distributions = steps.filter(({ restores }) => !restores).map(({ from }) => from);
  return await holdsOf(db, { distributions, source });
}

interface Step extends Move {
  readonly change: ChangeRequest;
}

async function stepsOf(deps: ChangeDeps, request: MigrateRequest): Promise<Step[]> {
  const { source, version, full = false, allowDowngrade = false, replace = false } = request;
  const from = await distributionMeant(deps, request.distribution);
  const meant = { source, ...(version === undefined ? {} : { version }) };
  const live = liveOfRollback(from);
  if (live !== undefined) {
    if (full) throw new MbdError("no_target", { distribution: from });
    const change = { kind: "restore", distribution: from, ...meant, replace } as const;
    return [{ from, to: live, restores: true, change }];
  }
  const chain = await chainFrom(deps.db.read, from);
  if (chain.length === 0) throw new MbdError("no_target", { distribution: from });
  // Every suite gets the same: what the first one holds.
  return (full ? chain : chain.slice(0, 1)).map((to, index) => ({
    from: chain[index - 1] ?? from,
    to,
    restores: false,
    change: { kind: "copy", from, to, ...meant, force: allowDowngrade, whole: true },
  }));
}

/** Distributions that packages of one go to in the end, in order. */
async function chainFrom(db: Executor, name: string): Promise<string[]> {
  // A distribution made by hand has no layout that would say.
  if ((await findRepository(db, parseDistribution(name)?.repository ?? "")) === undefined) return [];
  const at = await resolveDistribution(db, name);
  const chain: string[] = [];
  for (let next = at.suite.migrates_to; next !== null && chain.length < at.suites.length; ) {
    chain.push(distributionName(at, next));
    next = at.suites.find((suite) => suite.name === next)?.migrates_to ?? null;
  }
  return chain;
}

interface PlannedSteps {
  readonly open: readonly { readonly step: Step; readonly plan: ChangePlan }[];
  /** Distributions of a chain that have the version already. */
  readonly passed: readonly string[];
}

/** No step depends on the one before: each reads the first distribution and its own target alone. */
async function planSteps(
  { archive }: ChangeDeps,
  db: Executor,
  steps: readonly Step[],
): Promise<PlannedSteps> {
  const open = [];
  const passed: string[] = [];
  for (const step of steps) {
    try {
      open.push({ step, plan: await archive.plan(step.change, db) });
    } catch (error) {
      const isLast = open.length === 0 && step === steps.at(-1);
      if (isLast || !(error instanceof MbdError) || error.code !== "already_there") throw error;
      passed.push(step.to);
    }
  }
  return { open, passed };
}
