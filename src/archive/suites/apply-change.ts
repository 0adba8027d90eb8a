import type { Executor, Tx } from "#db";
import { type Clock, isoNow } from "#platform";
import { insertRelease, registerPackages } from "../package-store.ts";
import type { ArchiveDistribution, InstalledRelease, PreparedRelease, PublishQueue } from "../types.ts";
import type { AppliedChange, ChangePlan, ChangeRequest } from "./change-request.ts";
import { writeChange } from "./change-store.ts";
import { describePlan, touched } from "./describe-plan.ts";
import { rollbacksOf } from "./distribution-store.ts";
import { draftChange, targetOf } from "./draft.ts";
import type { Draft } from "./draft-rules.ts";
import { highestOf } from "./place.ts";
import { takePublish, wantPublish } from "./publish-store.ts";
import type { Held, SuiteChange } from "./suite-state.ts";

export interface ChangeDeps {
  readonly queue: PublishQueue;
  readonly clock: Clock;
}

/** What a request would do now; reads only. @throws MbdError as `applyChange` */
export async function planChange(db: Executor, request: ChangeRequest): Promise<ChangePlan> {
  const draft = await draftChange(db, request);
  return describe(request, draft, await rollbacksOf(db, draft.live.id));
}

/**
 * Does what a request asks for, all or nothing, in the transaction of the caller: plans it on what the transaction
 * reads, writes that, and has all distributions that change published.
 * @throws MbdError not_found, is_rollback, component_unknown, ambiguous, version_mismatch, bad_argument; of what comes
 * already_there, version_exists, downgrade, version_lower, pool_conflict; of a restore occupied
 */
export async function applyChange(deps: ChangeDeps, tx: Tx, request: ChangeRequest): Promise<AppliedChange> {
  return (await apply(deps, tx, request)).applied;
}

/**
 * Puts a release into a live distribution, whatever version is there: for callers with rules of their own.
 * @throws MbdError not_found, is_rollback, component_unknown, version_exists, pool_conflict
 */
export async function installRelease(
  deps: ChangeDeps,
  tx: Tx,
  release: PreparedRelease,
  distribution: string,
): Promise<InstalledRelease> {
  const request = { kind: "install", distribution, release, force: true } as const;
  const { applied, draft } = await apply(deps, tx, request);
  const { component, source } = release;
  const { removed, lists } = draft.change;
  const list = lists.find((one) => one.component === component && one.source === source);
  return {
    releaseId: applied.releaseId ?? 0,
    publish: applied.publish,
    replaced: highestOf(removed.map(({ sourceVersion }) => sourceVersion)) ?? null,
    rollbacks: list?.after.map(({ version }) => version) ?? [],
    alsoIn: draft.alsoIn ?? [],
    changed: applied.changed,
  };
}

async function apply(
  deps: ChangeDeps,
  tx: Tx,
  request: ChangeRequest,
): Promise<{ applied: AppliedChange; draft: Draft }> {
  const { repository } = await targetOf(tx, request);
  const time = isoNow(deps.clock);
  const publish = await takePublish(tx, { repository, time, cause: causeOf(request) });
  const draft = await draftChange(tx, request);
  const rollbacks = await rollbacksOf(tx, draft.live.id);
  const { change, releaseId } = await register(tx, request, draft, time);
  await writeChange(tx, draft.live, change, { publish, time });
  const rows = touched(draft.live, rollbacks, change);
  await wantPublish(tx, deps.queue, rows, publish);
  const applied: AppliedChange = {
    // Nothing changed: clients see all of it when they see what was wanted before.
    publish: rows.length === 0 ? Number(draft.live.wanted_publish) : publish,
    changed: rows.map(({ name }) => name),
    plan: describe(request, draft, rollbacks),
    ...(releaseId === undefined ? {} : { releaseId }),
  };
  return { applied, draft };
}

function describe(
  { kind }: ChangeRequest,
  { live, change, skipped, from }: Draft,
  rollbacks: readonly ArchiveDistribution[],
): ChangePlan {
  return describePlan({ kind, live, rollbacks, change, skipped, from });
}

/** Makes the rows of what is new, and puts their ids where the plan has none yet. */
async function register(
  tx: Tx,
  request: ChangeRequest,
  { live, change }: Draft,
  time: string,
): Promise<{ change: SuiteChange; releaseId?: number }> {
  const { repository } = live;
  if (request.kind === "install") {
    const { release } = request;
    const ids = await registerPackages(
      tx,
      { repository, component: release.component, time },
      release.packages,
    );
    const releaseId = await insertRelease(tx, release, ids, time);
    return { change: withIds(change, ids, releaseId), releaseId };
  }
  if (request.kind === "add" && change.added.length > 0) {
    const ids = await registerPackages(
      tx,
      { repository, component: request.component, time },
      request.packages,
    );
    return { change: withIds(change, ids, null) };
  }
  return { change };
}

function withIds(change: SuiteChange, ids: readonly number[], releaseId: number | null): SuiteChange {
  const real = (item: Held): Held => ({
    ...item,
    packageId: item.packageId < 0 ? (ids[-1 - item.packageId] ?? item.packageId) : item.packageId,
    releaseId: item.releaseId === 0 ? releaseId : item.releaseId,
  });
  return { ...change, added: change.added.map(real) };
}

/** For people who look at moments. */
function causeOf(request: ChangeRequest): string {
  switch (request.kind) {
    case "copy":
      return `copy ${request.source} from ${request.from} to ${request.to}`;
    case "copy-all":
      return `copy all of ${request.from} to ${request.to}`;
    case "remove":
      return `remove ${request.source} from ${request.distribution}`;
    case "restore":
      return `restore ${request.source} from ${request.distribution}`;
    case "expire":
      return `shorten the rollback lists of ${request.distribution}`;
    case "install":
      return `install ${request.release.source} ${request.release.version} in ${request.distribution}`;
    case "add":
      return `add ${request.packages.length} packages to ${request.distribution}`;
  }
}
