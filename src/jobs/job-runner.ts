import { setImmediate as otherWork, setTimeout as pause } from "node:timers/promises";
import type { Database, Tx } from "#db";
import { type Clock, errorText, isoAfter, isoNow, type Log } from "#platform";
import type { JobQueue } from "./job-queue.ts";
import {
  finishJob,
  holdsLease,
  type Job,
  killJob,
  type Lease,
  postponeJob,
  releaseLeases,
  renewLease,
  type Takable,
  takeJob,
} from "./job-store.ts";

/** Thrown by a handler: not now, and it does not count as an attempt. */
export class RetryLater extends Error {
  readonly seconds: number;

  constructor(seconds: number, reason: string) {
    super(reason);
    this.name = "RetryLater";
    this.seconds = seconds;
  }
}

/** Thrown where a stale worker tries to write: somebody else has the job now. */
export class LeaseLost extends Error {
  constructor(job: Lease) {
    super(`the lease of job ${job.id} (fence ${job.fence}) is lost`);
    this.name = "LeaseLost";
  }
}

export interface JobContext {
  readonly job: Job;
  /** Aborted when the lease is lost or the daemon stops. */
  readonly signal: AbortSignal;
  /** First statement of each transaction of a handler: throws `LeaseLost` when it may not write any more. */
  fenced(tx: Tx): Promise<void>;
}

export interface JobKind {
  handle(context: JobContext): Promise<void>;
  readonly leaseSeconds: number;
  readonly heartbeatSeconds: number;
  /** How many of this kind run at once. */
  readonly concurrency: number;
  /**
   * 0: for ever. Attempts that ended with the process count too, unless `ownAttempts`; but the job itself need not be why
   * it ended, so ten more of those are borne.
   */
  readonly maxAttempts: number;
  /** The handler bounds by itself what is begun again after the end of a process, which then costs no attempt. */
  readonly ownAttempts?: boolean;
  /** While it says so, none of this kind is taken, but of the subjects that `begun` names. */
  isPaused?(): boolean;
  /** Subjects that work was begun on, and which a pause does not keep from going on. */
  begun?(tx: Tx): Promise<readonly string[]>;
  backoffSeconds(attempt: number): number;
  /** Told once when the attempts are used up; the object of the job gets its end state here. */
  dead?(job: Job, error: unknown): Promise<void>;
}

export interface JobRunner {
  /** Frees the leases of dead processes and begins to work. */
  start(): Promise<void>;
  /** Takes no new jobs, tells the running handlers to stop, waits for them, but not for ever. */
  stop(): Promise<void>;
  /** Looks for work now. */
  wake(): void;
  running(): readonly Job[];
}

export interface JobRunnerDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly queue: JobQueue;
  /** Names this process: leases of others on the same home are those of a dead one. */
  readonly owner: string;
  readonly kinds: Readonly<Record<string, JobKind>>;
  /** How often to look for work that nothing announced (run_after reached, lease over). */
  readonly pollMs?: number;
  /** How long `stop` waits for handlers; what they leave is taken up like that of a killed process. */
  readonly stopMs?: number;
}

/** Well below what systemd gives the daemon to stop. */
const STOP_MS = 20_000;

interface Running {
  readonly job: Job;
  readonly done: Promise<void>;
  readonly abort: AbortController;
}

/** What ends its process so many times more than it may fail is taken for the reason. */
const MORE_ENDS = 10;

export function createJobRunner(deps: JobRunnerDeps): JobRunner {
  const { db, clock, log, owner, kinds } = deps;
  const active = new Set<Running>();
  let stopped = true;
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  let timer: NodeJS.Timeout | undefined;

  async function takable(tx: Tx): Promise<Takable[]> {
    const free: Takable[] = [];
    for (const [kind, { concurrency, isPaused, begun }] of Object.entries(kinds)) {
      if ([...active].filter(({ job }) => job.kind === kind).length >= concurrency) continue;
      if (isPaused?.() !== true) free.push({ kind });
      else if (begun !== undefined) free.push({ kind, subjects: await begun(tx) });
    }
    return free;
  }

  const leaseUntil = (kind: string): string => isoAfter(clock, kinds[kind]?.leaseSeconds ?? 60);

  async function takeAll(): Promise<void> {
    while (!stopped) {
      const job = await db.write(async (tx) =>
        takeJob(tx, await takable(tx), owner, isoNow(clock), leaseUntil),
      );
      if (job === undefined) return;
      const abort = new AbortController();
      if (stopped) {
        await giveBack(job, 0, "the daemon stops");
        return;
      }
      const running = { job, abort, done: work(job, abort) };
      active.add(running);
      void running.done.finally(() => {
        active.delete(running);
        wake();
      });
      // On SQLite a job may be microtasks only: one after the other, they would keep timers and sockets waiting for ever.
      await otherWork();
    }
  }

  function wake(): void {
    if (stopped) return;
    if (looking !== undefined) {
      lookAgain = true;
      return;
    }
    lookAgain = false;
    looking = takeAll()
      .catch((error: unknown) => log.error({ error: errorText(error) }, "looking for jobs failed"))
      .finally(() => {
        looking = undefined;
        if (lookAgain) wake();
      });
  }

  async function work(job: Job, abort: AbortController): Promise<void> {
    const kind = kinds[job.kind];
    if (kind === undefined) return;
    const heartbeat = setInterval(() => {
      renew(job, abort).catch((error: unknown) =>
        log.warn({ job: job.id, error: errorText(error) }, "heartbeat failed"),
      );
    }, kind.heartbeatSeconds * 1000);
    const context: JobContext = {
      job,
      signal: abort.signal,
      async fenced(tx) {
        if (!(await holdsLease(tx, job))) throw new LeaseLost(job);
      },
    };
    try {
      // Failures end a job at its last attempt; more are only taken when the process ended in the midst of it.
      if (kind.ownAttempts !== true && kind.maxAttempts > 0 && job.attempt > kind.maxAttempts + MORE_ENDS) {
        throw new Error(
          `begun ${job.attempt - 1} times; the last time, the process ended in the midst of it`,
        );
      }
      await kind.handle(context);
      await db.write((tx) => finishJob(tx, job, isoNow(clock)));
    } catch (error) {
      await failed(job, kind, error).catch((again: unknown) =>
        log.error(
          { job: job.id, error: errorText(again) },
          "the end of a job could not be written; its lease will run out",
        ),
      );
    } finally {
      clearInterval(heartbeat);
    }
  }

  async function renew(job: Job, abort: AbortController): Promise<void> {
    const kept = await db.write((tx) => renewLease(tx, job, leaseUntil(job.kind)));
    if (!kept) abort.abort(new LeaseLost(job));
  }

  /** Nothing failed: the attempt does not count. */
  async function giveBack(job: Job, seconds: number, why: string): Promise<void> {
    const later = { runAfter: isoAfter(clock, seconds), error: why, free: true };
    await db.write((tx) => postponeJob(tx, job, later));
  }

  async function failed(job: Job, kind: JobKind, error: unknown): Promise<void> {
    if (error instanceof LeaseLost) return;
    const text = errorText(error);
    if (stopped || error instanceof RetryLater) {
      await giveBack(job, error instanceof RetryLater ? error.seconds : 0, text);
      return;
    }
    log.warn(
      { job: job.id, kind: job.kind, subject: job.subject, attempt: job.attempt, err: error },
      "job failed",
    );
    if (kind.maxAttempts > 0 && job.attempt >= kind.maxAttempts) {
      await kind.dead?.(job, error);
      await db.write((tx) => killJob(tx, job, text, isoNow(clock)));
      return;
    }
    const runAfter = isoAfter(clock, kind.backoffSeconds(job.attempt));
    await db.write((tx) => postponeJob(tx, job, { runAfter, error: text, free: false }));
  }

  const release = (isGone: (holder: string) => boolean) =>
    db.write((tx) =>
      releaseLeases(tx, isoNow(clock), {
        isGone,
        // A second handler beside a living one would do the same work at the same time.
        keptUntil: ({ id, fence }, kind) =>
          [...active].some(({ job }) => job.id === id && job.fence === fence) ? leaseUntil(kind) : undefined,
        ownAttempts: (kind) => kinds[kind]?.ownAttempts === true,
      }),
    );

  async function poll(): Promise<void> {
    await release(() => false);
    wake();
  }

  /** Waits for what runs; a handler that does not hear the signal must not keep the daemon from stopping. */
  async function settle(): Promise<void> {
    await looking;
    await Promise.all([...active].map(({ done }) => done));
  }

  deps.queue.onEnqueued(wake);

  return {
    async start() {
      // The home's lock is ours, so every lease that another owner holds is one of a process that is gone.
      await release((holder) => holder !== owner);
      stopped = false;
      timer = setInterval(() => {
        poll().catch((error: unknown) => log.error({ error: errorText(error) }, "polling for jobs failed"));
      }, deps.pollMs ?? 1000);
      wake();
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      for (const { abort } of active) abort.abort(new Error("the daemon stops"));
      const enough = new AbortController();
      const late = pause(deps.stopMs ?? STOP_MS, undefined, { signal: enough.signal }).catch(() => undefined);
      await Promise.race([settle(), late]);
      enough.abort();
      for (const { job } of active) {
        log.warn(
          { job: job.id, kind: job.kind, subject: job.subject },
          "job did not stop; it is left behind",
        );
      }
    },
    wake,
    running: () => [...active].map(({ job }) => job),
  };
}
