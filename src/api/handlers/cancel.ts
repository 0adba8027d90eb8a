import type { Principal } from "#accounts";
import type { CALLS, Handler, ResultOfCall } from "../index.ts";

export interface CancelDeps {
  cancel(request: { bkey: string; principal: Principal }): Promise<ResultOfCall<typeof CALLS.cancel>>;
}

export function createCancel(deps: CancelDeps): Handler<typeof CALLS.cancel> {
  return {
    plan: async (values) => [`Cancel ${values.bkey}; what is being built for it is stopped.`],
    run: (values, context) => deps.cancel({ bkey: values.bkey, principal: context.principal }),
  };
}
