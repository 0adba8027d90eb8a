import type { Row } from "#db";
import { EVENT_TYPES, type EventView } from "#events";
import { MbdError } from "#platform";

/** Which events a hook is told of; an empty list stands for any. */
export interface HookFilter {
  readonly types: readonly string[];
  readonly distributions: readonly string[];
  readonly sources: readonly string[];
}

export function filterOf(row: Pick<Row<"hook">, keyof HookFilter>): HookFilter {
  const list = (text: string) => JSON.parse(text) as string[];
  return {
    types: list(row.types),
    distributions: list(row.distributions),
    sources: list(row.sources),
  };
}

export function isWanted(
  { types, distributions, sources }: HookFilter,
  event: Pick<EventView, "type" | "distribution" | "source">,
): boolean {
  const has = (list: readonly string[], value: string | undefined) =>
    list.length === 0 || (value !== undefined && list.includes(value));
  return has(types, event.type) && has(distributions, event.distribution) && has(sources, event.source);
}

/** @throws MbdError bad_argument for a type that no event has: the hook would never be told of anything */
export function checkTypes(types: readonly string[]): void {
  for (const type of types) {
    if (EVENT_TYPES.some((known) => known === type)) continue;
    const reason = `'${type.slice(0, 40)}' is not one of: ${EVENT_TYPES.join(", ")}`;
    throw new MbdError("bad_argument", { argument: "type", reason });
  }
}
