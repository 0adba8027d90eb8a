import { cancelBuild } from "#builds";
import type { Tx } from "#db";
import type { Events, EventType } from "#events";
import { type JobQueue, type WorkTime, wallTime } from "#jobs";
import { type Clock, isoAfter, isoNow } from "#platform";
import { findRepository } from "#repositories";
import { wakeWaiting } from "./dep-wait.ts";
import {
  type Build,
  buildsOf,
  findPackaging,
  movePackaging,
  type Packaging,
  packagingsInState,
  unfinishedOfSource,
} from "./packaging-store.ts";
import type { PortEnd, PortEnds } from "./ports/index.ts";
import { isEnded, oneFailed, onlyWaits, optionalAwaitedSince, outcomeOf } from "./states.ts";

export interface CompletionDeps {
  readonly events: Events;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly portEnds: PortEnds;
  /** Which time counts against the wait. Default: all. */
  readonly workTime?: Pick<WorkTime, "left">;
  /** How long a good packaging waits for builds of optional architectures. Default 4 h. */
  readonly optionalWaitSeconds?: number | undefined;
}

export interface Completion {
  /** Moves a packaging on when its builds say so (P3, P4). Called after every change of a build, and once at start. */
  evaluate(tx: Tx, packagingId: number): Promise<void>;
  evaluateAll(tx: Tx): Promise<void>;
  /** P4, P7: ends a packaging as FAILED, and what is still being built for it. */
  fail(tx: Tx, packaging: Packaging, reason: string, message: string): Promise<void>;
  /**
   * Tells those that wait for a packaging how it ended: younger ones of its distribution and source, the port it came
   * of, and builds that may have waited for its binary packages (`installed`: their names).
   */
  ended(tx: Tx, packaging: Packaging, end: PortEnd, installed?: readonly string[]): Promise<void>;
}

/** Job that looks again at a packaging when its optional builds were waited for long enough. */
export const OPTIONAL_WAIT_JOB = "optional_wait";
const OPTIONAL_WAIT_SECONDS = 4 * 3600;

export function createCompletion(deps: CompletionDeps): Completion {
  const { events, queue, clock } = deps;
  const { workTime = wallTime(clock), optionalWaitSeconds = OPTIONAL_WAIT_SECONDS } = deps;

  async function fail(tx: Tx, packaging: Packaging, reason: string, message: string): Promise<void> {
    const name = packaging.state === "INSTALLING" ? "P7" : "P4";
    const change = { reason, message, ended_at: isoNow(clock) };
    if (!(await movePackaging(tx, packaging.id, name, change))) return;
    // Nothing that is still built could count any more.
    for (const build of await buildsOf(tx, packaging.id)) await cancelBuild(tx, build.id, isoNow(clock));
    const builds = await buildsOf(tx, packaging.id);
    await events.record(tx, eventOf("FAILED", packaging, builds, message, { reason }));
    await ended(tx, packaging, "FAILED");
  }

  async function ended(
    tx: Tx,
    packaging: Packaging,
    end: PortEnd,
    installed: readonly string[] = [],
  ): Promise<void> {
    await deps.portEnds.ended(tx, packaging.bkey, end);
    await tellYounger(tx, packaging);
    await wakeWaiting(deps, tx, packaging, installed);
  }

  async function tellYounger(tx: Tx, packaging: Packaging): Promise<void> {
    for (const younger of await unfinishedOfSource(tx, packaging.repository, packaging.source)) {
      if (isOlder(packaging, younger)) await evaluate(tx, younger.id);
    }
  }

  async function evaluate(tx: Tx, packagingId: number): Promise<void> {
    // Of two builds that end at one instant the second sees that the first has ended; each would wait for the other.
    await events.takeTurn(tx);
    const packaging = await findPackaging(tx, packagingId);
    if (packaging?.state !== "BUILDING") return;
    const builds = await buildsOf(tx, packagingId);
    const outcome = outcomeOf(builds);
    if (outcome.kind === "open") {
      await whileOpen(tx, packaging, builds);
      return;
    }
    if (outcome.kind === "bad") {
      const failed = outcome.failed.map(({ arch, reason }) => `${arch}: ${reason}`).join(", ");
      const why = firstMessage(builds);
      const message = `the build failed (${failed})${why === undefined ? "" : `: ${why}`}`;
      await fail(tx, packaging, "build", message);
      return;
    }
    for (const older of await unfinishedOfSource(tx, packaging.repository, packaging.source)) {
      if (!isOlder(older, packaging)) continue;
      // Installs go in the order of acceptance; the end of the older one comes back here.
      if (onlyWaits(await buildsOf(tx, older.id))) {
        const message = `superseded by ${packaging.version} (${packaging.bkey}) while it waited`;
        await fail(tx, older, "superseded", message);
      }
      return;
    }
    if (await movePackaging(tx, packagingId, "P3")) {
      const { priority } = packaging;
      await queue.enqueue(tx, { kind: "install", subject: `packaging:${packagingId}`, priority });
    }
  }

  /** Some builds go on: perhaps nobody wants them any more (pipeline.md 6.2). */
  async function whileOpen(tx: Tx, packaging: Packaging, builds: readonly Build[]): Promise<void> {
    if (oneFailed(builds) && (await findRepository(tx, packaging.repository))?.fail_fast === 1) {
      await giveUp(tx, packaging, builds, "another build that is needed failed");
      return;
    }
    const since = optionalAwaitedSince(builds, packaging.created_at);
    if (since !== undefined) {
      const leftMs = await workTime.left(tx, since, optionalWaitSeconds);
      if (leftMs <= 0) {
        await giveUp(tx, packaging, builds, "optional, and waited for long enough");
        return;
      }
      const subject = `packaging:${packaging.id}`;
      const until = isoAfter(clock, leftMs / 1000);
      await queue.enqueue(tx, { kind: OPTIONAL_WAIT_JOB, subject, runAfter: until });
    }
    // A good younger one need not wait for it any longer.
    if (onlyWaits(builds)) await tellYounger(tx, packaging);
  }

  /**
   * B16 of all builds that are open. Those that a worker is at end a little later and come back to `evaluate`; so do those
   * in UPLOADING, whose results are there and count.
   */
  async function giveUp(tx: Tx, packaging: Packaging, builds: readonly Build[], why: string): Promise<void> {
    const open = builds.filter(
      ({ state, cancel_requested }) => !isEnded(state) && state !== "UPLOADING" && cancel_requested === 0,
    );
    const answers = [];
    for (const { id } of open) answers.push(await cancelBuild(tx, id, isoNow(clock), why));
    if (open.length === 0) return;
    const now = await buildsOf(tx, packaging.id);
    for (const build of open) {
      const event = eventOf("CANCELLED", packaging, now, `${build.arch}: ${why}`, { scope: "build" });
      await events.record(tx, { ...event, ...aboutBuild(build) });
    }
    if (answers.includes("cancelled")) await evaluate(tx, packaging.id);
  }

  return {
    evaluate,
    async evaluateAll(tx) {
      for (const packaging of await packagingsInState(tx, "BUILDING")) await evaluate(tx, packaging.id);
    },
    fail,
    ended,
  };
}

/** Why a packaging failed, in the words of the needed build that failed first. */
function firstMessage(builds: readonly Build[]): string | undefined {
  const failed = builds.filter(({ state, optional }) => state === "FAILED" && optional === 0);
  const [first] = failed.sort((a, b) => ((a.ended_at ?? "") < (b.ended_at ?? "") ? -1 : 1));
  return first?.message ?? undefined;
}

function isOlder(one: Packaging, other: Packaging): boolean {
  return one.distribution === other.distribution && one.accepted_no < other.accepted_no;
}

/** What an event tells, besides, that is about one build. */
export function aboutBuild({ id, arch, bkey }: Build) {
  return { arch, bkey, build: id };
}

/** An event about a packaging with the state of its builds. */
export function eventOf(
  type: EventType,
  packaging: Packaging,
  builds: readonly Build[],
  message: string,
  data: Readonly<Record<string, unknown>> = {},
) {
  const { source, version, distribution, repository, codename, suite, component, bkey, upload_id } =
    packaging;
  const summary = builds.map(({ id, arch, build_all, optional, state, reason }) => ({
    id,
    arch,
    build_all: build_all === 1,
    optional: optional === 1,
    state,
    ...(reason === null ? {} : { reason }),
  }));
  return {
    type,
    message,
    source,
    version,
    distribution,
    repository,
    codename,
    suite,
    component,
    bkey,
    upload: upload_id,
    packaging: packaging.id,
    data: { builds: summary, ...data },
  };
}
