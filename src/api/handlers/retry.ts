import type { Principal } from "#accounts";
import type { CALLS, Handler, ResultOfCall } from "../index.ts";

export interface RetryDeps {
  plan(request: { bkey: string; rebuildAll: boolean }): Promise<readonly string[]>;
  retry(request: {
    bkey: string;
    rebuildAll: boolean;
    principal: Principal;
  }): Promise<ResultOfCall<typeof CALLS.retry>>;
}

export function createRetry(deps: RetryDeps): Handler<typeof CALLS.retry> {
  return {
    plan: ({ bkey, rebuild_all: rebuildAll }) => deps.plan({ bkey, rebuildAll }),
    run: (values, context) =>
      deps.retry({ bkey: values.bkey, rebuildAll: values.rebuild_all, principal: context.principal }),
  };
}
