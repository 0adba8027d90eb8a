import type { ChangePlan, ChangeRequest } from "#archive";
import type { Tx } from "#db";
import { parseDistribution } from "#deb";
import type { Actor, Events, NewEvent } from "#events";
import { distributionFacts, liveOfRollback } from "./change-deps.ts";
import { type MoveOutcome, moveOutcome, type RemoveOutcome, removeOutcome } from "./change-outcome.ts";
import { findRepository } from "./repository-store.ts";

/** What events tell of changes (pipeline.md 9): the same, whoever makes them by whatever way. */

export interface Move {
  readonly from: string;
  readonly to: string;
  readonly restores: boolean;
}

export function movedEvent(
  { from, to, restores }: Move,
  source: string,
  { component, version, replaced, rollbacks }: MoveOutcome,
  actor: Actor,
): NewEvent {
  const instead = replaced === null ? "" : `, replaces ${replaced}`;
  return {
    ...distributionFacts(to),
    ...{ type: "MIGRATED", source, version, component, actor },
    message: `${restores ? "restored" : "migrated"} from ${from}${instead}`,
    data: { kind: restores ? "restore" : "migrate", from, to, replaced, rollbacks },
  };
}

/** One for each version. */
export function removedEvents(
  distribution: string,
  source: string,
  { component, versions, keptIn, rollbacks }: RemoveOutcome,
  actor: Actor,
): NewEvent[] {
  return versions.map((version) => ({
    ...distributionFacts(distribution),
    ...{ type: "REMOVED", source, version, component, actor },
    message: keptIn === undefined ? "removed" : `removed, kept in ${keptIn}`,
    data: {
      ...{ kind: "remove", from: distribution },
      ...(keptIn === undefined ? {} : { to: keptIn }),
      rollbacks,
    },
  }));
}

export interface NamedSnapshot {
  readonly distribution: string;
  readonly name: string;
}

export function snapshotEvent(
  action: "create" | "delete",
  { distribution, name }: NamedSnapshot,
  actor: Actor,
): NewEvent {
  return {
    ...distributionFacts(distribution),
    ...{ type: "SNAPSHOT", actor },
    message: `snapshot ${name} ${action}d`,
    data: { action, name },
  };
}

/** All that a change tells; nothing of what changed nothing, and of installs and additions, which others tell of. */
export function changeEvents(change: ChangeRequest, plan: ChangePlan, actor: Actor): NewEvent[] {
  switch (change.kind) {
    case "copy":
    case "copy-all": {
      const { from, to } = change;
      // From a rollback to its own live distribution it is a restore.
      const move = { from, to, restores: liveOfRollback(from) === to };
      return sourcesIn(plan, to, "added").map((source) =>
        movedEvent(move, source, moveOutcome(plan, { from, to, source }), actor),
      );
    }
    case "restore": {
      const { distribution: from, source } = change;
      const to = liveOfRollback(from);
      if (to === undefined || !sourcesIn(plan, from, "removed").includes(source)) return [];
      const move = { from, to, restores: true };
      return [movedEvent(move, source, moveOutcome(plan, { from, to, source }), actor)];
    }
    case "remove": {
      const { distribution, source } = change;
      if (!sourcesIn(plan, distribution, "removed").includes(source)) return [];
      return removedEvents(distribution, source, removeOutcome(plan, { distribution, source }), actor);
    }
    default:
      return [];
  }
}

/** Records what a change tells, in its transaction, if a repository of the set-up has the distribution. */
export async function recordChange(
  tx: Tx,
  events: Events,
  done: { readonly change: ChangeRequest; readonly plan: ChangePlan; readonly actor: Actor },
): Promise<void> {
  if (!(await isOfSetup(tx, done.plan.repository))) return;
  for (const event of changeEvents(done.change, done.plan, done.actor)) await events.record(tx, event);
}

/** The same of a snapshot. */
export async function recordSnapshot(
  tx: Tx,
  events: Events,
  { action, snapshot, actor }: { action: "create" | "delete"; snapshot: NamedSnapshot; actor: Actor },
): Promise<void> {
  const repository = parseDistribution(snapshot.distribution)?.repository ?? "";
  if (await isOfSetup(tx, repository)) await events.record(tx, snapshotEvent(action, snapshot, actor));
}

async function isOfSetup(tx: Tx, repository: string): Promise<boolean> {
  return (await findRepository(tx, repository)) !== undefined;
}

function sourcesIn(plan: ChangePlan, distribution: string, what: "added" | "removed"): string[] {
  const entries = plan.distributions
    .filter((each) => each.distribution === distribution)
    .flatMap((each) => each[what]);
  return [...new Set(entries.map(({ source }) => source))];
}
