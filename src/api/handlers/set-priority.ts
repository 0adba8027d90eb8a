import type { CALLS, Handler, ResultOfCall } from "../index.ts";

export interface SetPriorityDeps {
  setPriority(bkey: string, priority: number): Promise<ResultOfCall<typeof CALLS.set_priority>>;
}

export function createSetPriority(deps: SetPriorityDeps): Handler<typeof CALLS.set_priority> {
  return {
    plan: async ({ bkey, priority }) => [`Give the builds of ${bkey} priority ${priority}.`],
    run: ({ bkey, priority }) => deps.setPriority(bkey, priority),
  };
}
