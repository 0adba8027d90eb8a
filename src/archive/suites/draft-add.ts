import type { Executor } from "#db";
import { MbdError } from "#platform";
import { checkNoOtherStanza, checkPoolNames } from "../package-store.ts";
import type { ArchiveDistribution, PreparedPackage } from "../types.ts";
import type { AddRequest, InstallRequest } from "./change-request.ts";
import { checkComponent, type Draft, liveDistribution, refuseElsewhere } from "./draft-rules.ts";
import { planAdd, planInstall } from "./plan-add.ts";
import { packageIds, readState, suiteFacts } from "./state-store.ts";
import type { Entry, Held } from "./suite-state.ts";

/** @throws MbdError not_found, is_rollback, component_unknown, version_exists, version_lower, pool_conflict */
export async function draftInstall(db: Executor, request: InstallRequest): Promise<Draft> {
  const { release, force = false } = request;
  const { component, source, version, packages, repository } = release;
  const live = await liveIn(db, request.distribution, repository);
  checkComponent(live, component, `${source} ${version}`);
  const state = await readState(db, live, { sources: [source] });
  const ids = await packageIds(db, repository, packages);
  const place = { component, releaseId: 0, membershipId: null };
  const entry: Entry = {
    component,
    source,
    version,
    releaseId: place.releaseId,
    packages: packages.map((item, index) => held(item, ids[index] ?? -1, place)),
  };
  const { change, outcome } = planInstall(state, entry, force);
  if (outcome.result === "lower") {
    const params = { source, version, current: outcome.there, distribution: live.name };
    throw new MbdError("version_lower", params);
  }
  if (outcome.result === "same") throw new MbdError("version_exists", { source, version, places: live.name });
  if (outcome.result === "elsewhere") {
    const places = `${live.name} (${outcome.there})`;
    throw new MbdError("version_exists", { source, version, places });
  }
  await checkNew(db, repository, packages);
  const others = state.members.filter((item) => item.component !== component).map((item) => item.component);
  return { live, change, skipped: [], alsoIn: [...new Set(others)].sort() };
}

/** @throws MbdError not_found, is_rollback, component_unknown, bad_argument, version_exists, version_lower, pool_conflict */
export async function draftAdd(db: Executor, request: AddRequest): Promise<Draft> {
  const { packages, component, lower = "refuse" } = request;
  const live = await liveIn(db, request.distribution);
  checkComponent(live, component, packages[0]?.name ?? "the package");
  for (const item of packages) checkArchitecture(live, item);
  await checkNew(db, live.repository, packages);
  const ids = await packageIds(db, live.repository, packages);
  const place = { component, releaseId: null, membershipId: null };
  const items = packages.map((item, index) => held(item, ids[index] ?? -1, place));
  const names = items.map(({ name }) => name);
  const state = await readState(db, live, { sources: [], names });
  const { change, skipped } = planAdd(state, items, lower === "replace");
  const first = skipped.find(({ reason }) => reason === "lower");
  if (first !== undefined && lower === "refuse") {
    const { source, version, there = "" } = first;
    throw new MbdError("version_lower", { source, version, current: there, distribution: live.name });
  }
  refuseElsewhere(skipped, live.name);
  return { live, change, skipped };
}

async function liveIn(db: Executor, name: string, repository?: string): Promise<ArchiveDistribution> {
  const live = await liveDistribution(db, name);
  if (repository === undefined || live.repository === repository) return live;
  throw new MbdError("not_found", { what: `Distribution '${name}' of repository '${repository}'` });
}

/** Early, so that plans tell it too; the same check when the rows are made is the one that counts. */
async function checkNew(
  db: Executor,
  repository: string,
  packages: readonly PreparedPackage[],
): Promise<void> {
  await checkPoolNames(
    db,
    repository,
    packages.flatMap(({ files }) => files),
  );
  await checkNoOtherStanza(db, { repository, packages });
}

function held(
  item: PreparedPackage,
  packageId: number,
  place: Pick<Held, "component" | "releaseId" | "membershipId">,
): Held {
  const { kind, name, version, arch, source, sourceVersion } = item;
  return { packageId, kind, name, version, arch, source, sourceVersion, ...place };
}

/** In an index that does not exist nobody would find it. */
function checkArchitecture(row: ArchiveDistribution, { name, version, arch }: PreparedPackage): void {
  const { architectures } = suiteFacts(row);
  if (arch === "source" || arch === "all" || architectures.includes(arch)) return;
  const reason = `${name} ${version} is for ${arch}, which ${row.name} does not have (${architectures.join(", ")})`;
  throw new MbdError("bad_argument", { argument: "files", reason });
}
