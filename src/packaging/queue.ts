import { buildSubject } from "#builds";
import type { Executor, Row } from "#db";
import type { EngineState } from "./engine-state.ts";
import { expectedEnds, median } from "./expected-end.ts";
import {
  historyKey,
  type QueuedBuild,
  queuedBuildJobs,
  sourcesOfBuilds,
  tookBefore,
  WAITING_STATES,
  waitingBuilds,
  workingBuilds,
} from "./queue-store.ts";
import { type WaitingBuild, waitReason } from "./wait-reason.ts";

/** Why builds wait, by build; those that do not wait are not in it. */
export type WaitReasons = ReadonlyMap<number, string>;

/** A build that has not ended. */
export interface QueueEntry extends QueuedBuild {
  /** Why it waits; undefined when a worker is at it. */
  readonly waits?: string | undefined;
  /** Middle of what it took before. */
  readonly usualSeconds?: number | undefined;
  readonly expectedEnd?: string | undefined;
}

export interface Queue {
  readonly running: readonly QueueEntry[];
  /** In the order in which they get slots, then those that wait for something else. */
  readonly waiting: readonly QueueEntry[];
  /** More builds wait than are listed. */
  readonly more: boolean;
}

export interface QueueOptions {
  readonly now: Date;
  readonly engine: EngineState;
  /** Builds at once. */
  readonly slots: number;
}

const MAX_WAITING = 500;

/** Says for each waiting build what it waits for, of builds in any state. */
export async function waitReasons(
  db: Executor,
  builds: readonly (WaitingBuild & { readonly id: number })[],
  now: Date,
  engine: EngineState,
): Promise<WaitReasons> {
  const waiting = builds.filter(({ state }) => WAITING_STATES.includes(state));
  if (waiting.length === 0) return new Map();
  const chroots = await db.selectFrom("chroot").selectAll().execute();
  const sources = await sourcesOfBuilds(
    db,
    waiting.map(({ id }) => id),
  );
  const queued = await queuedBuildJobs(db);
  const jobs = new Map(queued.map((job) => [job.subject, job]));
  const turn = turnOf(queued, now);
  const reason = (build: (typeof waiting)[number]): string =>
    waitReason(build, {
      ...{ engine, now },
      sources: sources.get(build.id) ?? [],
      chroot: chroots.find((row) => row.codename === build.codename && row.arch === build.arch),
      job: jobs.get(buildSubject(build.id)),
      before: turn.get(buildSubject(build.id)) ?? 0,
    });
  return new Map(waiting.map((build) => [build.id, reason(build)]));
}

/** All builds that run and the first ones that wait, with why they wait and when they are expected to end. */
export async function readQueue(db: Executor, { now, engine, slots }: QueueOptions): Promise<Queue> {
  const found = await waitingBuilds(db, now, MAX_WAITING + 1);
  // Last: what began in between is told once, as running.
  const working = await workingBuilds(db);
  const begun = new Set(working.map(({ id }) => id));
  const builds = [...working, ...found.slice(0, MAX_WAITING).filter(({ id }) => !begun.has(id))];
  const took = await tookBefore(db, builds);
  const waits = await waitReasons(db, builds, now, engine);
  const turn = turnOf(await queuedBuildJobs(db), now);
  const entries = builds.map(
    (build): QueueEntry => ({
      ...build,
      waits: waits.get(build.id),
      usualSeconds: median(took.get(historyKey(build)) ?? []),
    }),
  );
  const running = entries.filter(({ state }) => !WAITING_STATES.includes(state)).map(withOwnEnd);
  const placeOf = ({ id }: QueueEntry) => turn.get(buildSubject(id)) ?? 0;
  const inTurn = entries
    .filter(({ id, state }) => state === "QUEUED" && turn.has(buildSubject(id)))
    .sort((a, b) => placeOf(a) - placeOf(b));
  const ends =
    engine === "running"
      ? expectedEnds({
          ...{ now: now.getTime(), slots },
          running: running.map(({ expectedEnd }) => momentOf(expectedEnd)),
          waitingMs: inTurn.map(({ usualSeconds }) =>
            usualSeconds === undefined ? undefined : usualSeconds * 1000,
          ),
        })
      : [];
  const others = entries.filter((entry) => WAITING_STATES.includes(entry.state) && !inTurn.includes(entry));
  return {
    running,
    waiting: [...inTurn.map((entry, index) => ({ ...entry, expectedEnd: isoOf(ends[index]) })), ...others],
    more: found.length > MAX_WAITING,
  };
}

/** Middle of the seconds that good builds of the same sources and architectures took, by build; none where there was none. */
export async function usualSeconds(
  db: Executor,
  builds: readonly { readonly id: number; readonly source: string; readonly arch: string }[],
): Promise<ReadonlyMap<number, number>> {
  const took = await tookBefore(db, builds);
  const found = builds.map((build) => [build.id, median(took.get(historyKey(build)) ?? [])] as const);
  return new Map(found.flatMap(([id, seconds]) => (seconds === undefined ? [] : [[id, seconds]])));
}

/** How many begin before each job that could begin now, by subject. */
function turnOf(
  jobs: readonly Pick<Row<"job">, "subject" | "run_after">[],
  now: Date,
): ReadonlyMap<string, number> {
  const ready = jobs.filter((job) => Date.parse(job.run_after) <= now.getTime());
  return new Map(ready.map(({ subject }, index) => [subject, index]));
}

function withOwnEnd(entry: QueueEntry): QueueEntry {
  const { started_at, usualSeconds: seconds } = entry;
  if (started_at === null || seconds === undefined) return entry;
  return { ...entry, expectedEnd: isoOf(Date.parse(started_at) + seconds * 1000) };
}

function isoOf(moment: number | undefined): string | undefined {
  return moment === undefined ? undefined : new Date(moment).toISOString();
}

function momentOf(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso);
}
