import { cancelBuild } from "#builds";
import type { Database, Executor } from "#db";
import { parseBkey } from "#deb";
import type { Actor, Events } from "#events";
import { type Clock, isoNow, MbdError } from "#platform";
import { aboutBuild, type Completion, eventOf } from "./completion.ts";
import {
  type Build,
  buildsOf,
  findPackagingByBkey,
  movePackaging,
  type Packaging,
} from "./packaging-store.ts";
import { cancelPort, findOpenPort, findPortRequest, type PortEnds } from "./ports/index.ts";
import { isEnded } from "./states.ts";

export interface CancelDeps {
  readonly db: Database;
  readonly events: Events;
  readonly clock: Clock;
  readonly completion: Completion;
  readonly portEnds: PortEnds;
}

export interface CancelAnswer {
  readonly bkey: string;
  readonly scope: "packaging" | "build";
  /** Bkeys of what was cancelled. */
  readonly cancelled: string[];
}

/**
 * Call `cancel` (pipeline.md 7.7) of a packaging, of one build when the bkey names an architecture, or of a port that
 * has reserved the bkey and whose upload is not accepted yet.
 * @throws MbdError not_found, finished, installing, no_builds_yet
 */
export async function cancel(deps: CancelDeps, bkey: string, actor: Actor): Promise<CancelAnswer> {
  return await deps.db.write(async (tx) => {
    const found = await findCancellable(tx, bkey);
    if (found === "port") {
      await cancelPort(deps, tx, bkey, actor);
      return { bkey, scope: "packaging", cancelled: [bkey] };
    }
    const { packaging, scope, open } = found;
    const now = isoNow(deps.clock);
    for (const build of open) await cancelBuild(tx, build.id, now);
    if (scope === "packaging") {
      await movePackaging(tx, packaging.id, "P5", { reason: "cancelled", ended_at: now });
    }
    const ended = await buildsOf(tx, packaging.id);
    const event = eventOf("CANCELLED", packaging, ended, `cancelled by ${actor.name}`, { scope });
    const [build] = scope === "packaging" ? [] : open;
    await deps.events.record(tx, { ...event, ...(build === undefined ? {} : aboutBuild(build)), actor });
    if (scope === "packaging") await deps.completion.ended(tx, packaging, "CANCELLED");
    else await deps.completion.evaluate(tx, packaging.id);
    const cancelled = scope === "packaging" ? [packaging.bkey] : open.map((one) => one.bkey);
    return { bkey, scope, cancelled };
  });
}

/** What `cancel` would end, in sentences. @throws MbdError as `cancel` */
export async function planCancel({ db }: Pick<CancelDeps, "db">, bkey: string): Promise<string[]> {
  const found = await findCancellable(db.read, bkey);
  if (found === "port") {
    const { source, version, target } = await findOpenPort(db.read, bkey);
    return [`Cancel the port of ${source} ${version} to ${target}, which has no builds yet.`];
  }
  const { packaging, scope, open, ended } = found;
  const what = `${packaging.source} ${packaging.version} for ${packaging.distribution}`;
  if (scope === "build") {
    return [
      `Cancel the build of ${what} on ${list(open)}.`,
      open.some((build) => build.optional === 1)
        ? "It is optional: the packaging goes on without it."
        : "The packaging needs it, so it will fail.",
    ];
  }
  return [
    `Cancel the packaging of ${what}; nothing of it is installed.`,
    open.length === 0 ? "No build of it is open." : `Builds that end: ${list(open)}.`,
    ...(ended.length === 0 ? [] : [`Builds that have ended already: ${list(ended)}.`]),
  ];
}

interface Cancellable {
  readonly packaging: Packaging;
  readonly scope: "packaging" | "build";
  /** Those that are meant. */
  readonly open: readonly Build[];
  readonly ended: readonly Build[];
}

async function findCancellable(db: Executor, bkey: string): Promise<Cancellable | "port"> {
  const arch = parseBkey(bkey)?.architecture;
  const packagingBkey = arch === undefined ? bkey : bkey.slice(0, -arch.length - 1);
  const packaging = await findPackagingByBkey(db, packagingBkey);
  if (packaging === undefined) {
    const request = arch === undefined ? undefined : await findPortRequest(db, packagingBkey);
    if (request?.state === "failed") throw new MbdError("finished", { bkey, state: request.state });
    if (request !== undefined) throw new MbdError("no_builds_yet", { bkey: packagingBkey });
    await findOpenPort(db, bkey);
    return "port";
  }
  if (packaging.ended_at !== null) throw new MbdError("finished", { bkey, state: packaging.state });
  if (packaging.state === "INSTALLING") throw new MbdError("installing", { bkey });
  const planned = await buildsOf(db, packaging.id);
  const meant = arch === undefined ? planned : [buildFor(planned, arch, packaging.bkey)];
  const open = meant.filter((build) => !isEnded(build.state));
  const [last] = meant;
  if (arch !== undefined && open.length === 0 && last !== undefined) {
    throw new MbdError("finished", { bkey, state: last.state });
  }
  const scope = arch === undefined ? "packaging" : "build";
  return { packaging, scope, open, ended: meant.filter((build) => isEnded(build.state)) };
}

function list(builds: readonly Build[]): string {
  return builds.map(({ arch, state }) => `${arch} (${state})`).join(", ");
}

/** The build of an architecture. @throws MbdError no_builds_yet, not_found */
function buildFor<T extends { readonly arch: string }>(planned: readonly T[], arch: string, bkey: string): T {
  if (planned.length === 0) throw new MbdError("no_builds_yet", { bkey });
  const build = planned.find((one) => one.arch === arch);
  if (build === undefined) throw new MbdError("not_found", { what: `A build of '${bkey}' for ${arch}` });
  return build;
}
