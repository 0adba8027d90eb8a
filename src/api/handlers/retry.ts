import type { Principal } from "#accounts";
import type { CALLS, Handler, ResultOfCall } from "../index.ts";

export interface RetryDeps {
  retry(request: {
    bkey: string;
    rebuildAll: boolean;
    principal: Principal;
  }): Promise<ResultOfCall<typeof CALLS.retry>>;
}

export function createRetry(deps: RetryDeps): Handler<typeof CALLS.retry> {
  return {
    async plan(values) {
      const builds = values.rebuild_all ? "All builds run again" : "Builds that were good are taken over";
      return [`Try the upload of ${values.bkey} again as a new packaging. ${builds}.`];
    },
    run: (values, context) =>
      deps.retry({ bkey: values.bkey, rebuildAll: values.rebuild_all, principal: context.principal }),
  };
}
