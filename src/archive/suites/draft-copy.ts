import type { Executor } from "#db";
import { versionsEqual } from "#deb";
import { MbdError } from "#platform";
import type { ArchiveDistribution } from "../types.ts";
import type { CopyAllRequest, CopyRequest, SkippedEntry } from "./change-request.ts";
import { draftRestore } from "./draft-remove.ts";
import {
  changesNothing,
  checkComponent,
  chooseFound,
  type Draft,
  knownDistribution,
  liveDistribution,
  refuseSkipped,
} from "./draft-rules.ts";
import { highestOf } from "./place.ts";
import { planCopy, planCopyAll } from "./plan-copy.ts";
import { heldIn, membersOfSources, readState, sourcesToCopy } from "./state-store.ts";
import type { Held } from "./suite-state.ts";

/** @throws MbdError not_found, is_rollback, version_mismatch, ambiguous, component_unknown, already_there, downgrade, version_exists */
export async function draftCopy(db: Executor, request: CopyRequest): Promise<Draft> {
  const { source, version, force = false } = request;
  const to = await liveDistribution(db, request.to);
  const from = await knownDistribution(db, request.from);
  checkSameRepository(from, to);
  if (from.kind === "rollback" && from.live_id === to.id) {
    if (request.toComponent === undefined || request.toComponent === request.component) {
      return await draftRestore(db, { ...request, kind: "restore", distribution: from.name, replace: force });
    }
  }
  const found = chooseFound(await heldIn(db, from, source), from.name, request);
  const component = request.toComponent ?? found.component;
  checkComponent(to, component, `${source} of ${from.name}`);
  const state = await readState(db, to, { sources: [source], names: namesOf(found.found) });
  const { change, skipped } = planCopy(state, {
    items: found.found,
    component,
    force,
    ...(version === undefined ? {} : { version }),
  });
  if (request.whole === true) refuseSkipped(inTheWay(skipped, found.found, version), to.name);
  if (changesNothing(change)) refuseSkipped(skipped, to.name);
  return { live: to, change, skipped, from: from.name };
}

/** What of the version that is meant, the highest unless one is given, cannot come for what is there. */
function inTheWay(
  skipped: readonly SkippedEntry[],
  found: readonly Held[],
  version = highestOf(found.map(({ sourceVersion }) => sourceVersion)) ?? "",
): SkippedEntry[] {
  return skipped.filter((entry) => entry.reason !== "same" && versionsEqual(entry.version, version));
}

/** @throws MbdError not_found, is_rollback, bad_argument */
export async function draftCopyAll(db: Executor, request: CopyAllRequest): Promise<Draft> {
  const to = await liveDistribution(db, request.to);
  const from = await liveDistribution(db, request.from);
  checkSameRepository(from, to);
  const sources = await sourcesToCopy(db, from, to);
  const items = await membersOfSources(db, from, sources);
  const state = await readState(db, to, { sources, names: namesOf(items) });
  const { change, skipped } = planCopyAll(state, items, request.force ?? false);
  return { live: to, change, skipped, from: from.name };
}

/** Only packages without a release meet others by name, whatever their source. */
function namesOf(items: readonly Held[]): string[] {
  return items.filter(({ releaseId }) => releaseId === null).map(({ name }) => name);
}

/** Packages and their files belong to one repository. */
function checkSameRepository(from: ArchiveDistribution, to: ArchiveDistribution): void {
  if (from.repository === to.repository) return;
  const reason = `${from.name} is in repository '${from.repository}', ${to.name} in '${to.repository}'; port the source instead`;
  throw new MbdError("bad_argument", { argument: "to", reason });
}
