export * from "./event.ts";
export { createEvents, type Events, type EventsAfter } from "./events.ts";
