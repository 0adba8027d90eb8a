import type { JobKind } from "#jobs";
import type { Incoming } from "./incoming-service.ts";

/** Job `cleanup`, subject `incoming`; other subjects of the kind belong to `others`. */
export function createIncomingCleanup(
  incoming: Pick<Incoming, "cleanUp">,
  others?: JobKind["handle"],
): JobKind {
  return {
    leaseSeconds: 600,
    heartbeatSeconds: 60,
    concurrency: 1,
    maxAttempts: 3,
    backoffSeconds: (attempt) => 60 * attempt,
    async handle(context) {
      if (context.job.subject === "incoming") await incoming.cleanUp(context.signal);
      else if (others !== undefined) await others(context);
      else throw new Error(`nobody cleans up '${context.job.subject}'`);
    },
  };
}
