import type { Principal } from "#accounts";
import type { CALLS, Handler, ResultOfCall, ValuesOfCall } from "../index.ts";
import { versionGiven } from "./version-argument.ts";

export interface RemoveQuestion {
  readonly source: string;
  readonly distribution: string;
  readonly withoutRollback: boolean;
  readonly version?: string;
}

export interface RemoveDeps {
  plan(question: RemoveQuestion): Promise<readonly string[]>;
  remove(question: RemoveQuestion, principal: Principal): Promise<ResultOfCall<typeof CALLS.remove>>;
}

export function createRemove(deps: RemoveDeps): Handler<typeof CALLS.remove> {
  return {
    plan: async (values) => await deps.plan(questionOf(values)),
    run: async (values, context) => await deps.remove(questionOf(values), context.principal),
  };
}

function questionOf(values: ValuesOfCall<typeof CALLS.remove>): RemoveQuestion {
  const { source, distribution } = values;
  const version = versionGiven("version", values.version);
  return {
    ...{ source, distribution, withoutRollback: values.without_rollback },
    ...(version === undefined ? {} : { version }),
  };
}
