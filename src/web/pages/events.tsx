import { EVENT_TYPES } from "#events";
import { EmptyState, Live, Pager } from "../components/basics.tsx";
import { EventList } from "../components/event-list.tsx";
import { stateWords } from "../components/filter-tabs.tsx";
import { renderDocument } from "../document.tsx";
import { type PageContext, type PageRequest, type PageResponse, queryNumber } from "../page.ts";
import { lastEventId } from "../read-model/settings.ts";
import { urls } from "../urls.ts";
import { askedEvents, filterOf } from "./event-filter.ts";

const SHOWN = 60;

/** Everything that happened, newest first, narrowed by what one looks for. */
export async function eventsPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const asked = askedEvents(request);
  const before = queryNumber(request, "before");
  const after = await lastEventId(context.db.read);
  const found = await context.events.latest(filterOf(asked), SHOWN + 1, before);
  const events = found.slice(0, SHOWN);
  const narrowed = Object.values(asked).some((value) => value !== undefined);
  return renderDocument(
    context,
    {
      title: "Events",
      section: "/events",
      principal: request.principal,
      ...(before === undefined ? { live: { after, ...asked } } : {}),
    },
    <>
      <h1>Events</h1>
      <form class="filter" method="get" action="/events">
        <label>
          Type{" "}
          <select name="type">
            <option value="">all</option>
            {EVENT_TYPES.map((type) => (
              <option key={type} value={type} selected={type === asked.type}>
                {stateWords(type)}
              </option>
            ))}
          </select>
        </label>
        <label>
          Source <input type="search" name="source" value={asked.source} maxlength={100} />
        </label>
        <label>
          Distribution <input type="search" name="distribution" value={asked.distribution} maxlength={100} />
        </label>
        <button type="submit">Filter</button>
        {narrowed ? <a href="/events">All events</a> : null}
        <a href={urls.eventsFeed(asked)} type="application/atom+xml">
          Feed of these
        </a>
      </form>
      <Live name="events">
        {events.length === 0 ? (
          <EmptyState title={narrowed ? "No events of this kind." : "Nothing has happened yet."}>
            <p>
              {narrowed
                ? "Those to come will appear here by themselves."
                : "The first upload will show here."}
            </p>
          </EmptyState>
        ) : (
          <EventList events={events} />
        )}
      </Live>
      <Pager
        newest={before === undefined ? undefined : urls.events(asked)}
        older={found.length > SHOWN ? urls.events({ ...asked, before: events.at(-1)?.id }) : undefined}
      />
    </>,
  );
}
