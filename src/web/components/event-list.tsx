import type { ComponentChild } from "preact";
import type { EventView } from "#events";
import { urls } from "../urls.ts";
import { StateBadge } from "./state-badge.tsx";
import { Time } from "./time.tsx";

/** Events as lines, newest first. `data-key` lets assets/live.js mark those that are new. */
export function EventList({ events }: { readonly events: readonly EventView[] }) {
  return (
    <ol class="events">
      {events.map((event) => (
        <li key={event.id} data-key={event.id} id={`event-${event.id}`}>
          <StateBadge state={event.type} {...(failed(event) ? { tone: "bad" } : {})} />
          <span class="subject">{subject(event)}</span>
          <span class="message">
            <Message event={event} />
          </span>
          <span class="when">
            <Time at={event.time} />
          </span>
        </li>
      ))}
    </ol>
  );
}

function failed(event: EventView): boolean {
  return event.data.state === "FAILED" || (event.type === "PORTED" && event.data.error !== undefined);
}

function subject(event: EventView): ComponentChild {
  const { source, version, distribution, arch } = event;
  return (
    <>
      {source === undefined ? null : (
        <a class="name" href={urls.package(source)}>
          {source}
        </a>
      )}
      {version === undefined ? null : <span class="version"> {version}</span>}
      {distribution === undefined ? null : (
        <a class="place" href={urls.distribution(distribution)}>
          {distribution}
        </a>
      )}
      {arch === undefined ? null : <span class="arch">{arch}</span>}
    </>
  );
}

function Message({ event }: { readonly event: EventView }) {
  const href = target(event);
  const text = event.message === "" ? `event ${event.id}` : event.message;
  return href === undefined ? text : <a href={href}>{text}</a>;
}

/** What an event is most closely about has the details. */
function target(event: EventView): string | undefined {
  if (event.build !== undefined) return urls.build(event.build);
  if (event.packaging !== undefined) return urls.packaging(event.packaging);
  if (event.upload !== undefined) return urls.upload(event.upload);
  return event.source === undefined ? undefined : urls.package(event.source);
}
