import { buildSubject, WORKING_STATES } from "#builds";
import { afterCommit, type Database, type Tx } from "#db";
import type { Actor, Events } from "#events";
import { type JobKind, type JobQueue, RetryLater, type WorkTime } from "#jobs";
import { errorText, type Log, MbdError } from "#platform";
import { listSources, SOURCE_CHECK } from "#sources";
import { type EngineState, type EngineWish, stateAfter } from "./engine-state.ts";

/**
 * The engine's switch (pipeline.md 5). Not a row: a daemon that is started anew runs, unless it is configured not to.
 * While it is off, nothing comes in
 * and no build begins; what was received before goes on to its end, so nothing accepted hangs half published.
 */
export interface EngineSwitch {
  state(): EngineState;
  isRunning(): boolean;
  /**
   * The state as builds that run are to take it: they end only when somebody stops the engine. Those that a daemon finds
   * which begins stopped go on, as while it drains.
   */
  stateForBuilds(): EngineState;
  /** Builds that a worker of this machine is at. */
  builds(): number;
  /** Builds that begin once the engine runs. */
  waiting(): Promise<number>;
  /** With `forceCheck`, all sources and chroots are looked at again. */
  start(request: { readonly forceCheck: boolean; readonly actor: Actor }): Promise<void>;
  /** With `drain`, running builds are waited for; else they end now and are queued again, without counting. */
  stop(request: { readonly drain: boolean; readonly actor: Actor }): Promise<void>;
  /** A kind that builds: none begins while the engine does not run, those that began go on; a drain ends with the last. */
  building(kind: JobKind): JobKind;
  /** A kind that makes uploads: not done while none are accepted. */
  producing(kind: JobKind): JobKind;
}

export interface EngineSwitchDeps {
  readonly db: Database;
  readonly log: Log;
  readonly events: Pick<Events, "record">;
  readonly queue: Pick<JobQueue, "enqueue">;
  readonly chroots: { remakeDue(): Promise<unknown> };
  /** Told when the engine begins to run again: what it could not do before is held against nobody. */
  readonly workTime: Pick<WorkTime, "begin">;
  /** The configuration says that it shall not run until it is started. */
  readonly stopped?: boolean;
}

export function createEngineSwitch(deps: EngineSwitchDeps): EngineSwitch {
  const { db, log } = deps;
  let state: EngineState = deps.stopped === true ? "stopped" : "running";
  let endsBuilds = false;
  let builds = 0;
  let drainedBy: Actor | undefined;

  const turn = async (tx: Tx, wish: EngineWish, actor: Actor | undefined): Promise<void> => {
    const next = stateAfter(state, wish, builds);
    if (next === state) return;
    if (next === "running") await deps.workTime.begin(tx);
    const data = { state: next, builds };
    const message = messageOf(next, builds);
    await deps.events.record(tx, {
      type: "BUILDER",
      message,
      data,
      ...(actor === undefined ? {} : { actor }),
    });
    afterCommit(() => {
      state = next;
      drainedBy = next === "draining" ? actor : undefined;
      log.info({ state, actor }, "the engine was switched");
    });
  };
  const ended = async (): Promise<void> => {
    builds -= 1;
    if (state !== "draining" || builds > 0) return;
    await db
      .write((tx) => turn(tx, "ended", drainedBy))
      .catch((error: unknown) =>
        log.error({ error: errorText(error) }, "the end of a drain was not written"),
      );
  };
  const paused = (kind: JobKind): JobKind => ({
    ...kind,
    isPaused: () => state !== "running",
    async handle(context) {
      try {
        await kind.handle(context);
      } catch (error) {
        // Stopped in the midst of it: nobody's failure, so it costs no attempt.
        if (error instanceof MbdError && error.code === "engine_stopped") {
          throw new RetryLater(0, error.message);
        }
        throw error;
      }
    },
  });

  return {
    state: () => state,
    isRunning: () => state === "running",
    stateForBuilds: () => (state === "stopped" && !endsBuilds ? "draining" : state),
    builds: () => builds,
    waiting: () => countWaiting(db),
    async start({ forceCheck, actor }) {
      const sources = forceCheck ? await listSources(db.read) : [];
      await db.write(async (tx) => {
        for (const { id } of sources) {
          await deps.queue.enqueue(tx, { kind: SOURCE_CHECK, subject: `source:${id}` });
        }
        await turn(tx, "start", actor);
        afterCommit(() => {
          endsBuilds = false;
        });
      });
      if (forceCheck) await deps.chroots.remakeDue();
    },
    async stop({ drain, actor }) {
      await db.write(async (tx) => {
        await turn(tx, drain ? "drain" : "stop", actor);
        afterCommit(() => {
          endsBuilds ||= !drain;
        });
      });
    },
    building: (kind) =>
      paused({
        ...kind,
        begun: subjectsOfWorkingBuilds,
        async handle(context) {
          builds += 1;
          try {
            await kind.handle(context);
          } finally {
            await ended();
          }
        },
      }),
    producing: paused,
  };
}

/** Their runners are there, or left results: they are followed, cancelled and stored whatever the switch says. */
async function subjectsOfWorkingBuilds(tx: Tx): Promise<string[]> {
  const rows = await tx
    .selectFrom("build")
    .select("id")
    .where("state", "in", [...WORKING_STATES])
    .execute();
  return rows.map(({ id }) => buildSubject(id));
}

async function countWaiting(db: Database): Promise<number> {
  const { count } = await db.read
    .selectFrom("build")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("state", "=", "QUEUED")
    .executeTakeFirstOrThrow();
  return Number(count);
}

function messageOf(state: EngineState, builds: number): string {
  if (state === "running") return "the engine runs";
  const running = `${builds} running ${builds === 1 ? "build" : "builds"}`;
  if (state === "draining") return `the engine drains: it waits for ${running}`;
  return builds === 0 ? "the engine is stopped" : `the engine is stopped: ${running} will be queued again`;
}
