import type { Principal } from "#accounts";
import type { CALLS, Handler, ResultOfCall, ValuesOfCall } from "../index.ts";
import { versionGiven } from "./version-argument.ts";

export interface MigrateQuestion {
  readonly source: string;
  readonly distribution: string;
  readonly full: boolean;
  readonly allowDowngrade: boolean;
  readonly replace: boolean;
  readonly version?: string;
}

export interface MigrateDeps {
  /** A sentence for each step. */
  plan(question: MigrateQuestion): Promise<readonly string[]>;
  migrate(question: MigrateQuestion, principal: Principal): Promise<ResultOfCall<typeof CALLS.migrate>>;
}

export function createMigrate(deps: MigrateDeps): Handler<typeof CALLS.migrate> {
  return {
    plan: async (values) => await deps.plan(questionOf(values)),
    run: async (values, context) => await deps.migrate(questionOf(values), context.principal),
  };
}

function questionOf(values: ValuesOfCall<typeof CALLS.migrate>): MigrateQuestion {
  const { source, distribution, full, replace } = values;
  const version = versionGiven("version", values.version);
  return {
    ...{ source, distribution, full, replace, allowDowngrade: values.allow_downgrade },
    ...(version === undefined ? {} : { version }),
  };
}
