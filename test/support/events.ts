import type { EventView } from "#events";
import { waitFor } from "./tools.ts";

export interface EventMatch {
  readonly type?: EventView["type"] | readonly EventView["type"][];
  readonly source?: string;
  readonly version?: string;
  readonly upload?: number;
  readonly packaging?: number;
  readonly bkey?: string;
  readonly codename?: string;
  /** Only events with a higher id. */
  readonly after?: number;
}

export function matches(event: EventView, match: EventMatch): boolean {
  const types = match.type === undefined ? undefined : [match.type].flat();
  return (
    (types === undefined || types.includes(event.type)) &&
    event.id > (match.after ?? 0) &&
    (["source", "version", "upload", "packaging", "bkey", "codename"] as const).every(
      (key) => match[key] === undefined || match[key] === event[key],
    )
  );
}

/** Waits for the first event that matches; `fetchEvents` gives those behind an id, or none while no daemon answers. */
export async function waitForEvent(
  fetchEvents: (after: number) => Promise<readonly EventView[] | undefined>,
  match: EventMatch,
  timeoutMs: number,
): Promise<EventView> {
  let last = match.after ?? 0;
  let seen = "";
  return await waitFor(
    async () => {
      const events = (await fetchEvents(last)) ?? [];
      last = events.at(-1)?.id ?? last;
      seen += events
        .map((event) => `\n  ${event.id} ${event.type} ${event.source ?? ""}: ${event.message}`)
        .join("");
      return events.find((event) => matches(event, match));
    },
    {
      timeoutMs,
      get what() {
        return `event ${JSON.stringify(match)} (seen: ${seen || "none"})`;
      },
    },
  );
}
