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
import { outcomeOf } from "./states.ts";

export interface CompletionDeps {
  readonly events: Events;
  readonly queue: JobQueue;
  readonly clock: Clock;
}

export interface Completion {
  /** Moves a packaging on when its builds say so (P3, P4). Called after every change of a build, and once at start. */
  evaluate(tx: Tx, packagingId: number): Promise<void>;
  evaluateAll(tx: Tx): Promise<void>;
  /** P4, P7: ends a packaging as FAILED. */
  fail(tx: Tx, packaging: Packaging, reason: string, message: string): Promise<void>;
  /** Tells younger packagings of the same distribution and source that this one ended. */
  ended(tx: Tx, packaging: Packaging): Promise<void>;
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
    await ended(tx, packaging);
  }

  async function ended(tx: Tx, packaging: Packaging): Promise<void> {
    for (const younger of await unfinishedOfSource(tx, packaging.repository, packaging.source)) {
      if (younger.distribution === packaging.distribution) await evaluate(tx, younger.id);
    }
  }

  async function evaluate(tx: Tx, packagingId: number): Promise<void> {
    const packaging = await findPackaging(tx, packagingId);
    if (packaging?.state !== "BUILDING") return;
    const outcome = outcomeOf(await buildsOf(tx, packagingId));
    if (outcome.kind === "open") return;
    if (outcome.kind === "bad") {
      const failed = outcome.failed.map(({ arch, reason }) => `${arch}: ${reason}`).join(", ");
      await fail(tx, packaging, "build", `the build failed (${failed})`);
      return;
    }
    const unfinished = await unfinishedOfSource(tx, packaging.repository, packaging.source);
    const older = unfinished.some(
      (row) => row.distribution === packaging.distribution && row.accepted_no < packaging.accepted_no,
    );
    if (older) return; // installs go in the order of acceptance; its end calls `ended`
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
