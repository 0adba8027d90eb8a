export * from "./event.ts";
export * from "./event-kinds.ts";
export { countEventsBefore, findEvent, forgetEventsBefore } from "./event-store.ts";
export { createEvents, type Events, type EventsAfter } from "./events.ts";
export { type StatusFacts, statusLine, statusText } from "./status-line.ts";
