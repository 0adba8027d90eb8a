import { MbdError } from "#platform";
import type { CALLS, CallDefinition, CallName, Handler } from "../index.ts";

/** For a call whose subject is still to be built: it is known, described and checked like all others, but answers 503. */
export function notAvailable<N extends CallName>(name: N): Handler<(typeof CALLS)[N]> {
  const refuse = async (): Promise<never> => {
    throw new MbdError("not_available", { what: `Call '${name}'` });
  };
  const handler: Handler<CallDefinition> = { available: false, plan: refuse, run: refuse };
  return handler as unknown as Handler<(typeof CALLS)[N]>;
}
