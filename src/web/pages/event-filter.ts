import { EVENT_TYPES, type EventFilter, type EventType } from "#events";
import { type PageRequest, queryText } from "../page.ts";

/** What somebody asks of the events, as the address says it. */
export type AskedEvents = {
  readonly type: EventType | undefined;
  readonly source: string | undefined;
  readonly distribution: string | undefined;
};

export function askedEvents(request: PageRequest): AskedEvents {
  return {
    type: EVENT_TYPES.find((type) => type === queryText(request, "type")),
    source: queryText(request, "source") || undefined,
    distribution: queryText(request, "distribution") || undefined,
  };
}

export function filterOf({ type, source, distribution }: AskedEvents): EventFilter {
  return { types: type === undefined ? undefined : [type], source, distribution };
}
