import { afterCommit, type Tx } from "#db";
import { type Clock, isoNow } from "#platform";
import { enqueueJob, type NewJob } from "./job-store.ts";

export interface JobQueue {
  /** Asks for work inside the transaction that makes it necessary (see `enqueueJob`). */
  enqueue(tx: Tx, job: NewJob): Promise<void>;
  /** Calls `listener` after each commit that queued something. */
  onEnqueued(listener: () => void): void;
}

export function createJobQueue(clock: Clock): JobQueue {
  const listeners: (() => void)[] = [];
  return {
    async enqueue(tx, job) {
      await enqueueJob(tx, job, isoNow(clock));
      afterCommit(() => {
        for (const listener of listeners) listener();
      });
    },
    onEnqueued(listener) {
      listeners.push(listener);
    },
  };
}
