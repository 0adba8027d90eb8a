import type { Executor } from "#db";
import { versionsEqual } from "#deb";
import { MbdError } from "#platform";
import type { ArchiveDistribution } from "../types.ts";
import type { ExpireRequest, RemoveRequest, RestoreRequest } from "./change-request.ts";
import {
  checkComponent,
  chooseFound,
  type Draft,
  knownDistribution,
  liveDistribution,
} from "./draft-rules.ts";
import { highestOf } from "./place.ts";
import { entriesOf } from "./plan-copy.ts";
import { planDropRollback, planExpire, planRemove, planRestore } from "./plan-remove.ts";
import { heldIn, liveOf, readAgedLists, readState, suiteFacts } from "./state-store.ts";
import type { Held } from "./suite-state.ts";

/** @throws MbdError not_found, version_mismatch, ambiguous, bad_argument */
export async function draftRemove(db: Executor, request: RemoveRequest): Promise<Draft> {
  const { source, arch, keepRollback = true } = request;
  const row = await knownDistribution(db, request.distribution);
  const { component, found } = chooseFound(await heldIn(db, row, source), row.name, request);
  if (row.kind === "rollback") {
    if (arch !== undefined) throw wholeOnly(row.name, arch);
    const live = await liveOf(db, row);
    const state = await readState(db, live, { sources: [source] });
    const position = row.position ?? 0;
    return { live, change: planDropRollback(state, { component, source, position }), skipped: [] };
  }
  const state = await readState(db, row, { sources: [source] });
  const items = state.members.filter((item) =>
    found.some(({ membershipId }) => membershipId === item.membershipId),
  );
  const chosen = arch === undefined ? items : ofArchitecture(items, row, source, arch);
  const change = planRemove(state, { component, source, items: chosen, keepRollback });
  return { live: row, change, skipped: [] };
}

/** Part of a release does not go alone: what was built together is removed together. */
function ofArchitecture(
  items: readonly Held[],
  row: ArchiveDistribution,
  source: string,
  arch: string,
): Held[] {
  const chosen = items.filter((item) => item.arch === arch);
  if (chosen.length === 0) {
    throw new MbdError("not_found", { what: `Source '${source}' for ${arch} in ${row.name}` });
  }
  if (chosen.some(({ releaseId }) => releaseId !== null)) throw wholeOnly(row.name, arch);
  return chosen;
}

function wholeOnly(distribution: string, arch: string): MbdError {
  const reason = `what ${distribution} has for ${arch} is part of a release, which is removed as a whole`;
  return new MbdError("bad_argument", { argument: "architecture", reason });
}

/** @throws MbdError not_found, is_rollback */
export async function draftExpire(
  db: Executor,
  { distribution, listedBefore }: ExpireRequest,
): Promise<Draft> {
  const live = await liveDistribution(db, distribution);
  const lists = await readAgedLists(db, live, listedBefore);
  const state = { suite: suiteFacts(live), members: [], lists };
  return { live, change: planExpire(state, listedBefore), skipped: [] };
}

/** @throws MbdError not_found, version_mismatch, ambiguous, occupied, already_there, version_exists, component_unknown, bad_argument */
export async function draftRestore(db: Executor, request: RestoreRequest): Promise<Draft> {
  const { source, replace = false } = request;
  const row = await knownDistribution(db, request.distribution);
  if (row.kind !== "rollback") {
    const reason = `${row.name} is not a rollback`;
    throw new MbdError("bad_argument", { argument: "distribution", reason });
  }
  const { component, found } = chooseFound(await heldIn(db, row, source), row.name, request);
  const live = await liveOf(db, row);
  checkComponent(live, component, `${source} of ${row.name}`);
  const state = await readState(db, live, { sources: [source] });
  const [entry] = entriesOf(found, component);
  if (entry === undefined) throw new Error(`an empty release of ${source} in ${row.name}`);
  refuseLive(state.members, live, entry, replace);
  const position = row.position ?? 0;
  return { live, change: planRestore(state, { entry, position }), skipped: [], from: row.name };
}

function refuseLive(
  members: readonly Held[],
  { name: distribution }: ArchiveDistribution,
  { component, source, version }: { component: string; source: string; version: string },
  replace: boolean,
): void {
  const equal = members.find(({ sourceVersion }) => versionsEqual(sourceVersion, version));
  if (equal !== undefined && equal.component !== component) {
    throw new MbdError("version_exists", { source, version, places: `${distribution} (${equal.component})` });
  }
  if (equal !== undefined && equal.releaseId !== null) {
    throw new MbdError("already_there", { distribution, source, version });
  }
  const own = members.filter((item) => item.component === component);
  const current = highestOf(own.map(({ sourceVersion }) => sourceVersion));
  if (current !== undefined && !replace) throw new MbdError("occupied", { distribution, source, current });
}
