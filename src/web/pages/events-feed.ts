import { type EventView, statusLine } from "#events";
import { harmless } from "../document.tsx";
import type { PageContext, PageRequest, PageResponse } from "../page.ts";
import { urls } from "../urls.ts";
import { askedEvents, filterOf } from "./event-filter.ts";

const SHOWN = 60;

/** The newest events of a filter as a feed (Atom, RFC 4287). */
export async function eventsFeed(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const asked = askedEvents(request);
  const events = await context.events.latest(filterOf(asked), SHOWN);
  const { url, identity, clock } = context;
  const what = [asked.type, asked.source, asked.distribution].filter((word) => word !== undefined);
  const updated = events[0]?.time ?? clock.now().toISOString();
  const lines = [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `<id>${xml(`${url}${urls.eventsFeed(asked)}`)}</id>`,
    `<title>${xml(`mini-buildd ${identity}: ${what.length === 0 ? "events" : what.join(", ")}`)}</title>`,
    `<updated>${xml(updated)}</updated>`,
    `<author><name>${xml(`mini-buildd ${identity}`)}</name></author>`,
    `<link rel="self" href="${xml(`${url}${urls.eventsFeed(asked)}`)}"/>`,
    `<link rel="alternate" type="text/html" href="${xml(`${url}${urls.events(asked)}`)}"/>`,
    ...events.map((event) => entryOf(event, url)),
    "</feed>",
  ];
  return {
    status: 200,
    html: harmless(`${lines.join("\n")}\n`),
    headers: {
      "content-type": "application/atom+xml; charset=utf-8",
      etag: `"events-${events[0]?.id ?? 0}"`,
    },
  };
}

function entryOf(event: EventView, url: string): string {
  const { build, packaging, upload, package: source } = event.links;
  const place = build ?? packaging ?? upload ?? source ?? urls.events({ type: event.type });
  return [
    "<entry>",
    // Of an instance, which may come to have another address.
    `<id>urn:mini-buildd:${xml(encodeURIComponent(event.instance))}:event:${event.id}</id>`,
    `<title>${xml(statusLine(event))}</title>`,
    `<updated>${xml(event.time)}</updated>`,
    `<category term="${xml(event.type)}"/>`,
    `<link rel="alternate" type="text/html" href="${xml(`${url}${place}`)}"/>`,
    "</entry>",
  ].join("\n");
}

/** What stands in elements and quoted attributes; characters that XML has no place for are the concern of `harmless`. */
function xml(text: string): string {
  return text.replaceAll(/[&<>"'\ufffe\uffff]/g, (character) =>
    character >= "\ufffe" ? "\ufffd" : `&#${character.charCodeAt(0)};`,
  );
}
