import type { Tx } from "#db";
import { compareVersions, versionsEqual } from "#deb";
import { type Clock, isoNow, MbdError } from "#platform";
import { checkNoOtherStanza, insertRelease, registerPackage, registerPoolFiles } from "../package-store.ts";
import type { ArchiveDistribution, InstalledRelease, PreparedRelease, PublishQueue } from "../types.ts";
import { distributionNamed, rollbacksOf } from "./distribution-store.ts";
import {
  addMembers,
  type Change,
  type CurrentMember,
  currentMembers,
  removeMembers,
  rollbackList,
  writeRollbacks,
} from "./membership-store.ts";
import { takePublish, wantPublish } from "./publish-store.ts";
import { changedPositions, type RollbackEntry, releasesToLeave, shiftRollbacks } from "./rollback-plan.ts";

export interface InstallDeps {
  readonly queue: PublishQueue;
  readonly clock: Clock;
}

/**
 * Puts a release into a live distribution: what it replaces goes to the rollback list, and all distributions that
 * change are to be published. Everything in the transaction of the caller.
 * @throws MbdError not_found, is_rollback, component_unknown, version_exists, pool_conflict
 */
export async function installRelease(
  deps: InstallDeps,
  tx: Tx,
  prepared: PreparedRelease,
  distribution: string,
): Promise<InstalledRelease> {
  const { repository, source, version } = prepared;
  const time = isoNow(deps.clock);
  const cause = `install ${source} ${version} in ${distribution}`;
  const change = { publish: await takePublish(tx, { repository, time, cause }), time };
  const target = await liveDistribution(tx, prepared, distribution);
  const members = await currentMembers(tx, target.id, source);
  refuseSameVersion(members, prepared, distribution);
  await checkNoOtherStanza(tx, prepared);
  const { releaseId, packageIds } = await register(tx, prepared, time);
  const release = { releaseId, packageIds, component: prepared.component, source };
  const placed = await placeRelease(tx, target, release, members, change);
  await wantPublish(tx, deps.queue, [target, ...placed.changed], change.publish);
  return {
    releaseId,
    publish: change.publish,
    replaced: placed.replaced,
    rollbacks: placed.rollbacks,
    alsoIn: otherComponents(members, prepared.component),
  };
}

interface Release {
  readonly releaseId: number;
  readonly packageIds: readonly number[];
  readonly component: string;
  readonly source: string;
}

/** The change of memberships that installing and migrating share. */
async function placeRelease(
  tx: Tx,
  target: ArchiveDistribution,
  release: Release,
  members: readonly CurrentMember[],
  change: Change,
): Promise<{ replaced: string | null; rollbacks: string[]; changed: ArchiveDistribution[] }> {
  const own = members.filter(({ component }) => component === release.component);
  const leaving = releasesToLeave(groupByRelease(own), target.sources_per_component, compareVersions);
  const ids = new Set(leaving.map(({ releaseId }) => releaseId));
  // Packages without a release have nothing that could come back: they leave with what is replaced.
  const loose = target.sources_per_component <= 1;
  const gone = own.filter(({ releaseId }) => (releaseId === null ? loose : ids.has(releaseId)));
  await removeMembers(
    tx,
    gone.map(({ id }) => id),
    change,
  );
  const to = { distributionId: target.id, component: release.component, releaseId: release.releaseId };
  await addMembers(tx, to, release.packageIds, change);
  const kept = target.sources_per_component > 1 ? [] : leaving;
  const { rollbacks, changed } = await shiftAll(tx, target, release, kept, change.publish);
  const highest = gone.map(({ version }) => version).sort(compareVersions);
  return { replaced: highest.at(-1) ?? null, rollbacks, changed };
}

/** Puts releases in front of the rollback list, one after the other; tells which rollbacks changed. */
async function shiftAll(
  tx: Tx,
  target: ArchiveDistribution,
  { component, source }: Release,
  leaving: readonly RollbackEntry[],
  publish: number,
): Promise<{ rollbacks: string[]; changed: ArchiveDistribution[] }> {
  const list = { distributionId: target.id, component, source };
  const before = await rollbackList(tx, list);
  const after = leaving.reduce<RollbackEntry[]>(
    (entries, entry) => shiftRollbacks(entries, entry, target.rollbacks),
    before,
  );
  const positions = changedPositions(before, after);
  await writeRollbacks(tx, list, positions, after, publish);
  const distributions = positions.length === 0 ? [] : await rollbacksOf(tx, target.id);
  const changed = distributions.filter((row) => row.position !== null && positions.includes(row.position));
  return { rollbacks: after.map(({ version }) => version), changed };
}

async function liveDistribution(
  tx: Tx,
  release: PreparedRelease,
  name: string,
): Promise<ArchiveDistribution> {
  const target = await distributionNamed(tx, name);
  if (target === undefined || target.repository !== release.repository) {
    throw new MbdError("not_found", { what: `Distribution '${name}' of repository '${release.repository}'` });
  }
  if (target.kind !== "live") throw new MbdError("is_rollback", { distribution: name });
  const components = JSON.parse(target.components) as string[];
  if (!components.includes(release.component)) {
    const { component, source, version } = release;
    const params = { section: component, component, dsc: `${source} ${version}`, distribution: name };
    throw new MbdError("component_unknown", { ...params, known: components.join(", ") });
  }
  return target;
}

async function register(tx: Tx, prepared: PreparedRelease, time: string) {
  const files = prepared.packages.flatMap((item) => item.files);
  await registerPoolFiles(tx, prepared.repository, files, time);
  const packageIds: number[] = [];
  for (const item of prepared.packages) packageIds.push(await registerPackage(tx, prepared, item, time));
  return { releaseId: await insertRelease(tx, prepared, packageIds, time), packageIds };
}

function refuseSameVersion(
  members: readonly CurrentMember[],
  { component, source, version }: PreparedRelease,
  distribution: string,
): void {
  const same = members.some(
    (member) => member.component === component && versionsEqual(member.version, version),
  );
  if (same) throw new MbdError("version_exists", { source, version, places: distribution });
}

function groupByRelease(members: readonly CurrentMember[]): RollbackEntry[] {
  const versions = new Map<number, string>();
  for (const { releaseId, version } of members) if (releaseId !== null) versions.set(releaseId, version);
  return [...versions].map(([releaseId, version]) => ({ releaseId, version }));
}

function otherComponents(members: readonly CurrentMember[], component: string): string[] {
  const others = members.map((member) => member.component).filter((name) => name !== component);
  return [...new Set(others)].sort();
}
