import { MbdError } from "#platform";
import type { CALLS, Handler } from "../index.ts";

export interface CronjobDeps {
  readonly names: readonly string[];
  /** What the work would do now, a line a thing; undefined where nobody can tell before. */
  plan(name: string): Promise<readonly string[] | undefined>;
  /** Does the work and says what came of it. */
  run(name: string): Promise<string>;
}

/** More than anybody reads before they confirm. */
const MAX_LINES = 50;

export function createCronjob(deps: CronjobDeps): Handler<typeof CALLS.cronjob> {
  const check = (id: string): void => {
    if (deps.names.includes(id)) return;
    const reason = `'${id}' is not one of: ${deps.names.join(", ")}`;
    throw new MbdError("bad_argument", { argument: "id", reason });
  };
  return {
    async plan({ id }) {
      check(id);
      const lines = await deps.plan(id);
      return [`Run cron job ${id} now; its schedule goes on as before.`, ...firstOf(lines)];
    },
    async run({ id }) {
      check(id);
      return { id, outcome: await deps.run(id) };
    },
  };
}

function firstOf(lines: readonly string[] | undefined): string[] {
  if (lines === undefined) return [];
  if (lines.length === 0) return ["There is nothing for it to do now."];
  const more = lines.length - MAX_LINES;
  return [...lines.slice(0, MAX_LINES), ...(more > 0 ? [`and ${more} more`] : [])];
}
