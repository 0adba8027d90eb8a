import type { Executor, Tx } from "#db";
import type { Events } from "#events";
import type { JobQueue } from "#jobs";
import { findPackagingByBkey } from "../packaging-store.ts";
import { findPortRequest, noteOutcome, type PortRequest } from "./port-store.ts";
import { testEnded } from "./port-words.ts";

/** How the way of a port ended; ERROR: it never became an upload. */
export type PortEnd = "INSTALLED" | "FAILED" | "CANCELLED" | "REJECTED" | "ERROR";

export interface PortEnds {
  /** Told in the transaction in which anything ends that has this bkey; what follows for ports is asked for there. */
  ended(tx: Tx, bkey: string, end: PortEnd): Promise<void>;
}

export interface PortEndsDeps {
  readonly events: Pick<Events, "record">;
  readonly queue: Pick<JobQueue, "enqueue">;
}

export function createPortEnds({ events, queue }: PortEndsDeps): PortEnds {
  return {
    async ended(tx, bkey, end) {
      const request = await findPortOf(tx, bkey);
      if (request === undefined) return;
      if (request.migrate === 1 && end === "INSTALLED") {
        const { priority } = request;
        await queue.enqueue(tx, { kind: "migrate", subject: `port:${request.bkey}`, priority });
      }
      if (request.expected !== null) {
        await noteOutcome(tx, request.bkey, end);
        await events.record(tx, testEnded(request, end));
      }
    },
  };
}

/** Retries of retries of a port are few. */
const MAX_RETRIES = 100;

/** The port that a packaging came of, at once or by retries. */
export async function findPortOf(db: Executor, bkey: string): Promise<PortRequest | undefined> {
  let key = bkey;
  for (let retries = 0; retries <= MAX_RETRIES; retries += 1) {
    const request = await findPortRequest(db, key);
    if (request !== undefined) return request;
    const before = (await findPackagingByBkey(db, key))?.retry_of;
    if (before === null || before === undefined) return undefined;
    key = before;
  }
  return undefined;
}
