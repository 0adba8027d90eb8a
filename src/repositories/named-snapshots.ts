import { checkSnapshotName, type ListedSnapshot } from "#archive";
import type { Actor } from "#events";
import { MbdError } from "#platform";
import { type ChangeDeps, distributionFacts, distributionMeant } from "./change-deps.ts";

/** Named states of distributions, with an event for each that comes or goes (pipeline.md 7.5). */

export interface NamedSnapshot {
  readonly distribution: string;
  readonly name: string;
}

/** By name. @throws MbdError those of distribution strings */
export async function namedSnapshots(
  deps: ChangeDeps,
  distribution: string,
): Promise<readonly ListedSnapshot[]> {
  return await deps.archive.snapshotList(await distributionMeant(deps, distribution));
}

/** Returns when clients see it. @throws MbdError bad_argument, snapshot_exists, and those of distribution strings */
export async function createNamedSnapshot(
  deps: ChangeDeps,
  { distribution: requested, name }: NamedSnapshot,
  actor: Actor,
): Promise<void> {
  checkSnapshotName(name);
  const distribution = await distributionMeant(deps, requested);
  await deps.archive.snapshotCreate(
    { distribution, name, by: actor.name },
    { alongside: (tx) => deps.events.record(tx, snapshotEvent("create", { distribution, name }, actor)) },
  );
}

/** Returns when clients see it no more. @throws MbdError not_found, and those of distribution strings */
export async function deleteNamedSnapshot(
  deps: ChangeDeps,
  { distribution: requested, name }: NamedSnapshot,
  actor: Actor,
): Promise<void> {
  const distribution = await distributionMeant(deps, requested);
  await deps.archive.snapshotDelete(
    { distribution, name },
    { alongside: (tx) => deps.events.record(tx, snapshotEvent("delete", { distribution, name }, actor)) },
  );
}

/** @throws MbdError as `createNamedSnapshot` */
export async function planCreateSnapshot(deps: ChangeDeps, wanted: NamedSnapshot): Promise<string[]> {
  const { name } = wanted;
  checkSnapshotName(name);
  const distribution = await distributionMeant(deps, wanted.distribution);
  const there = await deps.archive.snapshotList(distribution);
  if (there.some((snapshot) => snapshot.name === name))
    throw new MbdError("snapshot_exists", { distribution, name });
  return [
    `Keep the present state of ${distribution} as ${distribution}/snapshots/${name}, until it is deleted; no file is copied.`,
  ];
}

/** @throws MbdError as `deleteNamedSnapshot` */
export async function planDeleteSnapshot(deps: ChangeDeps, wanted: NamedSnapshot): Promise<string[]> {
  const { name } = wanted;
  const distribution = await distributionMeant(deps, wanted.distribution);
  const found = (await deps.archive.snapshotList(distribution)).find((snapshot) => snapshot.name === name);
  if (found === undefined) throw new MbdError("not_found", { what: `Snapshot '${name}' of ${distribution}` });
  const holds = `${found.sources} sources and ${found.packages} packages, made ${found.createdAt} by ${found.createdBy}`;
  return [
    `Delete ${distribution}/snapshots/${name} (${holds}); files that nothing else needs go with the next clean-ups.`,
  ];
}

function snapshotEvent(action: "create" | "delete", { distribution, name }: NamedSnapshot, actor: Actor) {
  return {
    ...distributionFacts(distribution),
    ...({ type: "SNAPSHOT", actor } as const),
    message: `snapshot ${name} ${action}d`,
    data: { action, name },
  };
}
