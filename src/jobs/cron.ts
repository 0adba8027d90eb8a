import type { Database, Executor, Tx } from "#db";
import { type Clock, errorText, type Log, MbdError } from "#platform";
import type { JobQueue } from "./job-queue.ts";
import type { JobKind } from "./job-runner.ts";

/** Work that is done again and again. */
export interface CronWork {
  readonly name: string;
  /** Once in each of these, counted in UTC. */
  readonly every: "hour" | "day";
  /** Does it, whatever was done before; returns in a sentence what came of it. */
  run(signal: AbortSignal): Promise<string>;
}

export interface Cron {
  /** Job `cron`, subject `<name>@<bucket>`. */
  readonly kind: JobKind;
  readonly names: readonly string[];
  /** Asks for what is due, now and then every minute; its stop ends what runs, whoever asked for it. */
  start(): { stop(): Promise<void> };
  /** Out of schedule, which goes on as before; returns what came of it. @throws MbdError not_found */
  runNow(name: string): Promise<string>;
}

export const CRON_JOB = "cron";
const LOOK_MS = 60_000;

export function createCron(deps: {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly queue: JobQueue;
  readonly works: readonly CronWork[];
}): Cron {
  const { db, clock, log, queue, works } = deps;
  const running = new Map<string, Promise<string>>();
  const stopping = new AbortController();

  /** Who asks for what runs already gets the outcome of that. */
  const run = (work: CronWork, signal: AbortSignal): Promise<string> => {
    const same = running.get(work.name);
    if (same !== undefined) return same;
    const done = work
      .run(AbortSignal.any([stopping.signal, signal]))
      .finally(() => running.delete(work.name));
    running.set(work.name, done);
    return done;
  };

  async function ask(): Promise<void> {
    const wanted = works.map((work) => `${work.name}@${bucketOf(work.every, clock.now())}`);
    if ((await unasked(db.read, wanted)).length === 0) return;
    await db.write(async (tx: Tx) => {
      for (const subject of await unasked(tx, wanted)) {
        await queue.enqueue(tx, { kind: CRON_JOB, subject, priority: -1 });
      }
    });
  }

  return {
    names: works.map(({ name }) => name),
    start() {
      const look = (): void => {
        ask().catch((error: unknown) =>
          log.error({ error: errorText(error) }, "regular work could not be asked for"),
        );
      };
      look();
      const timer = setInterval(look, LOOK_MS);
      return {
        async stop() {
          clearInterval(timer);
          stopping.abort(new Error("the daemon stops"));
        },
      };
    },
    async runNow(name) {
      const work = works.find((each) => each.name === name);
      if (work === undefined) throw new MbdError("not_found", { what: `Cron job '${name}'` });
      return await run(work, stopping.signal);
    },
    kind: {
      leaseSeconds: 600,
      heartbeatSeconds: 60,
      concurrency: 2,
      maxAttempts: 3,
      backoffSeconds: (attempt) => 60 * attempt,
      async handle({ job, signal }) {
        const [name] = job.subject.split("@");
        const work = works.find((each) => each.name === name);
        // Asked for by an earlier release that had such work.
        const outcome = work === undefined ? "unknown" : await run(work, signal);
        log.info({ cron: name, outcome }, "regular work done");
      },
    },
  };
}

/** `2024-01-02`, `2024-01-02T03`. */
export function bucketOf(every: CronWork["every"], now: Date): string {
  return now.toISOString().slice(0, every === "hour" ? 13 : 10);
}

/** A bucket has one row, whatever became of it; rows of ended jobs are kept for longer than a bucket lasts. */
async function unasked(db: Executor, subjects: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom("job")
    .select("subject")
    .where("kind", "=", CRON_JOB)
    .where("subject", "in", [...subjects])
    .execute();
  const asked = new Set(rows.map(({ subject }) => subject));
  return subjects.filter((subject) => !asked.has(subject));
}
