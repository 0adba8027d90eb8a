import type { Principal } from "#accounts";
import type { CALLS, Handler, ValuesOfCall } from "../index.ts";
import type { PortOutcome } from "./port-ext.ts";
import { versionGiven } from "./version-argument.ts";

export interface PortQuestion {
  readonly source: string;
  readonly fromDistribution: string;
  readonly toDistributions: readonly string[];
  readonly version?: string;
  readonly options: readonly string[];
}

export interface PortDeps {
  /** A sentence for each target. */
  plan(question: PortQuestion): Promise<readonly string[]>;
  /** One outcome for each target; a bad target does not stop the others. */
  port(question: PortQuestion, principal: Principal): Promise<readonly PortOutcome[]>;
}

export function createPort(deps: PortDeps): Handler<typeof CALLS.port> {
  return {
    plan: async (values) => await deps.plan(questionOf(values)),
    run: async (values, context) => [...(await deps.port(questionOf(values), context.principal))],
  };
}

function questionOf(values: ValuesOfCall<typeof CALLS.port>): PortQuestion {
  const { source, options } = values;
  const version = versionGiven("version", values.version);
  return {
    ...{ source, options },
    fromDistribution: values.from_distribution,
    toDistributions: values.to_distributions,
    ...(version === undefined ? {} : { version }),
  };
}
