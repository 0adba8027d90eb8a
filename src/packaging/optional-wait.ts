import type { Database } from "#db";
import type { JobKind } from "#jobs";
import type { Completion } from "./completion.ts";
import { subjectId } from "./verify.ts";

/** Job `optional_wait` of `packaging:<id>`: builds of optional architectures were waited for long enough (B16). */
export function createOptionalWaitJob(deps: {
  readonly db: Database;
  readonly completion: Pick<Completion, "evaluate">;
}): JobKind {
  return {
    leaseSeconds: 120,
    heartbeatSeconds: 30,
    concurrency: 1,
    maxAttempts: 0,
    backoffSeconds: (attempt) => Math.min(2 ** attempt, 600),
    async handle(context) {
      await deps.db.write(async (tx) => {
        await context.fenced(tx);
        await deps.completion.evaluate(tx, subjectId(context.job.subject));
      });
    },
  };
}
