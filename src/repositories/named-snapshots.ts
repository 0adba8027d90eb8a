import { checkSnapshotName, type ListedSnapshot } from "#archive";
import type { Actor } from "#events";
import { MbdError } from "#platform";
import { type ChangeDeps, distributionMeant } from "./change-deps.ts";
import { type NamedSnapshot, snapshotEvent } from "./change-events.ts";
import { publishCommitted, type Unpublished } from "./publish-now.ts";

/** Named states of distributions, with an event for each that comes or goes (pipeline.md 7.5). */

/** By name. @throws MbdError those of distribution strings */
export async function namedSnapshots(
  deps: ChangeDeps,
  distribution: string,
): Promise<readonly ListedSnapshot[]> {
  return await deps.archive.snapshotList(await distributionMeant(deps, distribution));
}

/**
 * Returns when clients see it; what they do not see yet. @throws MbdError bad_argument, snapshot_exists, and those of
 * distribution strings
 */
export async function createNamedSnapshot(
  deps: ChangeDeps,
  { distribution: requested, name }: NamedSnapshot,
  actor: Actor,
): Promise<Unpublished[]> {
  checkSnapshotName(name);
  const distribution = await distributionMeant(deps, requested);
  await deps.archive.snapshotCreate(
    { distribution, name, by: actor.name },
    {
      wait: false,
      alongside: (tx) => deps.events.record(tx, snapshotEvent("create", { distribution, name }, actor)),
    },
  );
  return await publishCommitted(deps, [distribution]);
}

/** Returns when clients see it no more; what they still see. @throws MbdError not_found, and those of distribution strings */
export async function deleteNamedSnapshot(
  deps: ChangeDeps,
  { distribution: requested, name }: NamedSnapshot,
  actor: Actor,
): Promise<Unpublished[]> {
  const distribution = await distributionMeant(deps, requested);
  await deps.archive.snapshotDelete(
    { distribution, name },
    {
      wait: false,
      alongside: (tx) => deps.events.record(tx, snapshotEvent("delete", { distribution, name }, actor)),
    },
  );
  return await publishCommitted(deps, [distribution]);
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
