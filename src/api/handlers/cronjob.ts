import { MbdError } from "#platform";
import type { CALLS, Handler } from "../index.ts";

export interface CronjobDeps {
  readonly names: readonly string[];
  /** Does the work and says what came of it. */
  run(name: string): Promise<string>;
}

export function createCronjob(deps: CronjobDeps): Handler<typeof CALLS.cronjob> {
  const check = (id: string): void => {
    if (deps.names.includes(id)) return;
    const reason = `'${id}' is not one of: ${deps.names.join(", ")}`;
    throw new MbdError("bad_argument", { argument: "id", reason });
  };
  return {
    async plan({ id }) {
      check(id);
      return [`Run cron job ${id} now; its schedule goes on as before.`];
    },
    async run({ id }) {
      check(id);
      return { id, outcome: await deps.run(id) };
    },
  };
}
