import { cancelBuild } from "#builds";
import type { Database } from "#db";
import { parseBkey } from "#deb";
import type { Actor, Events } from "#events";
import { type Clock, isoNow, MbdError } from "#platform";
import { aboutBuild, type Completion, eventOf } from "./completion.ts";
import { buildsOf, findPackagingByBkey, movePackaging } from "./packaging-store.ts";
import { cancelPort, findPortRequest, type PortEnds } from "./ports/index.ts";
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
 */
export async function cancel(deps: CancelDeps, bkey: string, actor: Actor): Promise<CancelAnswer> {
  const arch = parseBkey(bkey)?.architecture;
  const packagingBkey = arch === undefined ? bkey : bkey.slice(0, -arch.length - 1);
  return await deps.db.write(async (tx) => {
    const packaging = await findPackagingByBkey(tx, packagingBkey);
    if (packaging === undefined) {
      const request = arch === undefined ? undefined : await findPortRequest(tx, packagingBkey);
      if (request?.state === "failed") throw new MbdError("finished", { bkey, state: request.state });
      if (request !== undefined) throw new MbdError("no_builds_yet", { bkey: packagingBkey });
      await cancelPort(deps, tx, bkey, actor);
      return { bkey, scope: "packaging", cancelled: [bkey] };
    }
    if (packaging.ended_at !== null) throw new MbdError("finished", { bkey, state: packaging.state });
    if (packaging.state === "INSTALLING") throw new MbdError("installing", { bkey });
    const planned = await buildsOf(tx, packaging.id);
    const meant = arch === undefined ? planned : [buildFor(planned, arch, packaging.bkey)];
    const builds = meant.filter((build) => !isEnded(build.state));
    const [last] = meant;
    if (arch !== undefined && builds.length === 0 && last !== undefined) {
      throw new MbdError("finished", { bkey, state: last.state });
    }
    const now = isoNow(deps.clock);
    for (const build of builds) await cancelBuild(tx, build.id, now);
    if (arch === undefined) {
      await movePackaging(tx, packaging.id, "P5", { reason: "cancelled", ended_at: now });
    }
    const scope = arch === undefined ? "packaging" : "build";
    const ended = await buildsOf(tx, packaging.id);
    const event = eventOf("CANCELLED", packaging, ended, `cancelled by ${actor.name}`, { scope });
    const [build] = arch === undefined ? [] : builds;
    await deps.events.record(tx, { ...event, ...(build === undefined ? {} : aboutBuild(build)), actor });
    if (arch === undefined) await deps.completion.ended(tx, packaging, "CANCELLED");
    else await deps.completion.evaluate(tx, packaging.id);
    return arch === undefined
      ? { bkey, scope: "packaging", cancelled: [packaging.bkey] }
      : { bkey, scope: "build", cancelled: builds.map((build) => build.bkey) };
  });
}

/** The build of an architecture. @throws MbdError no_builds_yet, not_found */
function buildFor<T extends { readonly arch: string }>(planned: readonly T[], arch: string, bkey: string): T {
  if (planned.length === 0) throw new MbdError("no_builds_yet", { bkey });
  const build = planned.find((one) => one.arch === arch);
  if (build === undefined) throw new MbdError("not_found", { what: `A build of '${bkey}' for ${arch}` });
  return build;
}
