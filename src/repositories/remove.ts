import type { ChangeRequest } from "#archive";
import type { Actor } from "#events";
import { type ChangeDeps, distributionMeant } from "./change-deps.ts";
import { removedEvents } from "./change-events.ts";
import { removeOutcome } from "./change-outcome.ts";
import { removeSentence } from "./change-sentences.ts";
import { publishCommitted, type Unpublished } from "./publish-now.ts";

export interface RemoveSourceRequest {
  readonly source: string;
  /** Live, or a rollback: the following ones move up then. */
  readonly distribution: string;
  /** Without, all that are there. */
  readonly version?: string;
  /** What leaves a live distribution goes to no rollback. */
  readonly withoutRollback?: boolean;
}

export interface Removed {
  readonly source: string;
  /** Of several the highest. */
  readonly version: string;
  readonly component: string;
  readonly distribution: string;
  readonly rollbacks: string[];
  /** One for each version. */
  readonly events: number[];
  /** What clients do not see yet; left out when they see all. */
  readonly unpublished?: Unpublished[];
}

/**
 * Takes a source with all its packages out of a distribution (pipeline.md 7.4), with its events in one transaction.
 * Returns when clients see it, or with what they do not see yet.
 * @throws MbdError not_found, version_mismatch, ambiguous, and those of distribution strings
 */
export async function removeSource(
  deps: ChangeDeps,
  request: RemoveSourceRequest,
  actor: Actor,
): Promise<Removed> {
  const { db, archive, events } = deps;
  const { source } = request;
  const distribution = await distributionMeant(deps, request.distribution);
  const done = await db.write(async (tx) => {
    const { plan, changed } = await archive.apply(tx, changeOf(request, distribution));
    const outcome = removeOutcome(plan, { distribution, source });
    const ids: number[] = [];
    for (const event of removedEvents(distribution, source, outcome, actor))
      ids.push(await events.record(tx, event));
    return { outcome, changed, ids };
  });
  const unpublished = await publishCommitted(deps, done.changed);
  const { component, versions, rollbacks } = done.outcome;
  return {
    ...{ source, version: versions[0] ?? "", component, distribution },
    rollbacks: [...rollbacks],
    events: done.ids,
    ...(unpublished.length === 0 ? {} : { unpublished }),
  };
}

/** @throws MbdError as `removeSource` */
export async function planRemoveSource(deps: ChangeDeps, request: RemoveSourceRequest): Promise<string[]> {
  const { source } = request;
  const distribution = await distributionMeant(deps, request.distribution);
  const plan = await deps.archive.plan(changeOf(request, distribution));
  return [removeSentence({ source, distribution }, removeOutcome(plan, { distribution, source }))];
}

function changeOf(
  { source, version, withoutRollback = false }: RemoveSourceRequest,
  distribution: string,
): ChangeRequest {
  const meant = { source, ...(version === undefined ? {} : { version }) };
  return { kind: "remove", distribution, ...meant, keepRollback: !withoutRollback };
}
