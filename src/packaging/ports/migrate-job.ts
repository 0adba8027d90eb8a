import type { JobKind } from "#jobs";
import { MbdError } from "#platform";
import { type ChangeDeps, migrate } from "#repositories";
import { findPortRequest } from "./port-store.ts";
import { subjectOf } from "./port-words.ts";

export type MigrateJobDeps = ChangeDeps & { readonly identity: string };

/** Nothing is left to do. */
const DONE = ["already_there", "no_target"];

/** Job `migrate` of `port:<bkey>`: what was installed goes to the end of its chain of suites. Repeatable. */
export function createMigrateJob(deps: MigrateJobDeps): JobKind {
  return {
    leaseSeconds: 120,
    heartbeatSeconds: 30,
    concurrency: 1,
    maxAttempts: 0,
    backoffSeconds: (attempt) => Math.min(2 ** attempt, 600),
    async handle(context) {
      const request = await findPortRequest(deps.db.read, context.job.subject.slice("port:".length));
      if (request === undefined) return;
      const { source, version, target: distribution } = request;
      try {
        const actor = { kind: "system", name: deps.identity } as const;
        await migrate(deps, { source, version, distribution, full: true }, actor);
      } catch (error) {
        if (!(error instanceof MbdError) || error.status >= 500) throw error;
        if (DONE.includes(error.code)) return;
        await deps.db.write(async (tx) => {
          await context.fenced(tx);
          await deps.events.record(tx, {
            ...subjectOf(request),
            ...{ type: "PORTED", message: `it is not migrated: ${error.message}` },
            data: { target: distribution, version, error: error.message },
          });
        });
      }
    },
  };
}
