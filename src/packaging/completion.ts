import { cancelBuild } from "#builds";
import type { Tx } from "#db";
import type { Events, EventType } from "#events";
import type { JobQueue } from "#jobs";
import { type Clock, isoNow } from "#platform";
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
import { onlyWaits, outcomeOf } from "./states.ts";

export interface CompletionDeps {
  readonly events: Events;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly portEnds: PortEnds;
}

export interface Completion {
  /** Moves a packaging on when its builds say so (P3, P4). Called after every change of a build, and once at start. */
  evaluate(tx: Tx, packagingId: number): Promise<void>;
  evaluateAll(tx: Tx): Promise<void>;
  /** P4, P7: ends a packaging as FAILED. */
  fail(tx: Tx, packaging: Packaging, reason: string, message: string): Promise<void>;
  /** Tells younger packagings of the same distribution and source, and the port it came of, how this one ended. */
  ended(tx: Tx, packaging: Packaging, end: PortEnd): Promise<void>;
}

export function createCompletion(deps: CompletionDeps): Completion {
  const { events, queue, clock } = deps;

  async function fail(tx: Tx, packaging: Packaging, reason: string, message: string): Promise<void> {
    const change = { state: "FAILED", reason, message, ended_at: isoNow(clock) };
    if (!(await movePackaging(tx, packaging.id, ["QUEUED", "BUILDING", "INSTALLING"], change))) return;
    await events.record(
      tx,
      eventOf("FAILED", packaging, await buildsOf(tx, packaging.id), message, { reason }),
    );
    await ended(tx, packaging, "FAILED");
  }

  async function ended(tx: Tx, packaging: Packaging, end: PortEnd): Promise<void> {
    await deps.portEnds.ended(tx, packaging.bkey, end);
    await tellYounger(tx, packaging);
  }

  async function tellYounger(tx: Tx, packaging: Packaging): Promise<void> {
    for (const younger of await unfinishedOfSource(tx, packaging.repository, packaging.source)) {
      if (isOlder(packaging, younger)) await evaluate(tx, younger.id);
    }
  }

  /** Ends one older packaging that only waits for dependencies; its end evaluates the younger ones. */
  async function supersede(tx: Tx, older: Packaging, by: Packaging): Promise<void> {
    for (const build of await buildsOf(tx, older.id)) await cancelBuild(tx, build.id, isoNow(clock));
    await fail(tx, older, "superseded", `superseded by ${by.version} (${by.bkey}) while it waited`);
  }

  async function evaluate(tx: Tx, packagingId: number): Promise<void> {
    const packaging = await findPackaging(tx, packagingId);
    if (packaging?.state !== "BUILDING") return;
    const builds = await buildsOf(tx, packagingId);
    const outcome = outcomeOf(builds);
    if (outcome.kind === "open") {
      if (onlyWaits(builds)) await tellYounger(tx, packaging); // a good younger one need not wait for it any longer
      return;
    }
    if (outcome.kind === "bad") {
      const failed = outcome.failed.map(({ arch, reason }) => `${arch}: ${reason}`).join(", ");
      await fail(tx, packaging, "build", `the build failed (${failed})`);
      return;
    }
    for (const older of await unfinishedOfSource(tx, packaging.repository, packaging.source)) {
      if (!isOlder(older, packaging)) continue;
      // Installs go in the order of acceptance; the end of the older one comes back here.
      if (onlyWaits(await buildsOf(tx, older.id))) await supersede(tx, older, packaging);
      return;
    }
    if (await movePackaging(tx, packagingId, ["BUILDING"], { state: "INSTALLING" })) {
      await queue.enqueue(tx, { kind: "install", subject: `packaging:${packagingId}` });
    }
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

function isOlder(one: Packaging, other: Packaging): boolean {
  return one.distribution === other.distribution && one.accepted_no < other.accepted_no;
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
