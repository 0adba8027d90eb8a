import type { Principal } from "#accounts";
import type { CALLS, Handler, ResultOfCall } from "../index.ts";

export interface CancelDeps {
  plan(bkey: string): Promise<readonly string[]>;
  cancel(request: { bkey: string; principal: Principal }): Promise<ResultOfCall<typeof CALLS.cancel>>;
}

export function createCancel(deps: CancelDeps): Handler<typeof CALLS.cancel> {
  return {
    plan: ({ bkey }) => deps.plan(bkey),
    run: (values, context) => deps.cancel({ bkey: values.bkey, principal: context.principal }),
  };
}
