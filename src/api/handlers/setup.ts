import type { z } from "zod";
import type { Principal } from "#accounts";
import type { CALLS, Handler, setupReport, ValuesOfCall } from "../index.ts";

export type SetupReport = z.output<typeof setupReport>;
export type SetupValues = ValuesOfCall<typeof CALLS.setup>;

export interface SetupDeps {
  /** Makes or updates what `values` ask for and reports on everything; with `dryRun` it only reports what it would do. */
  setup(request: { values: SetupValues; dryRun: boolean; principal: Principal }): Promise<SetupReport>;
}

export function createSetup(deps: SetupDeps): Handler<typeof CALLS.setup> {
  return {
    async plan(values, context) {
      const report = await deps.setup({ values, dryRun: true, principal: context.principal });
      return report.instances.map(({ kind, name, status, message }) => {
        return `${kind} ${name}: ${status}${message === undefined ? "" : ` (${message})`}`;
      });
    },
    run: (values, context) => deps.setup({ values, dryRun: false, principal: context.principal }),
  };
}
