import type { z } from "zod";
import type { Principal } from "#accounts";
import type { CALLS, Handler, portOutcome } from "../index.ts";

export type PortOutcome = z.output<typeof portOutcome>;

export interface PortExtDeps {
  /** One outcome for each target; a bad target does not stop the others. */
  portExt(request: {
    dsc: string;
    distributions: readonly string[];
    options: readonly string[];
    principal: Principal;
  }): Promise<readonly PortOutcome[]>;
}

export function createPortExt(deps: PortExtDeps): Handler<typeof CALLS.port_ext> {
  return {
    async plan(values) {
      return values.distributions.map(
        (target) => `Fetch ${values.dsc} and rebuild it for ${target} (${values.options.join(" | ")}).`,
      );
    },
    run: async (values, context) => [...(await deps.portExt({ ...values, principal: context.principal }))],
  };
}
