import { afterCommit, type Database, type Tx } from "#db";
import { type Clock, isoNow } from "#platform";
import type { EventFilter, EventView, NewEvent } from "./event.ts";
import { insertEvent, lockEvents, selectEvents, viewOf } from "./event-store.ts";

export interface EventsAfter {
  readonly events: EventView[];
  /**
   * Id of the last event looked at, to go on from: with it this is a complete resume. Only when it is the id that was
   * given is there no more: with a `minVersion`, one call may end before it finds anything.
   */
  readonly last: number;
}

export interface Events {
  /** Writes an event in the transaction of the change it tells of; returns its id. */
  record(tx: Tx, event: NewEvent): Promise<number>;
  /**
   * For who decides by rows that others change at the same time, and may have no event to write: waits for all
   * transactions that recorded one or took their turn, and keeps others waiting as a record does.
   */
  takeTurn(tx: Tx): Promise<void>;
  /** Events with an id above `id`, oldest first. */
  after(id: number, filter?: EventFilter, limit?: number): Promise<EventsAfter>;
  /** Newest first, ahead of `before` when given. */
  latest(filter?: EventFilter, limit?: number, before?: number): Promise<EventView[]>;
  /** Calls `listener` after each commit with new events; the answer takes it off again. */
  onNew(listener: () => void): () => void;
}

export interface EventsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly instance: string;
  /** Told of each event in the transaction that writes it, to write what is to be sent. */
  alongside?(tx: Tx, event: EventView): Promise<void>;
}

export function createEvents(deps: EventsDeps): Events {
  const { db, clock, instance } = deps;
  const listeners = new Set<() => void>();
  return {
    async record(tx, event) {
      const actor = event.actor ?? { kind: "system", name: instance };
      const row = await insertEvent(tx, event, actor, isoNow(clock));
      await deps.alongside?.(tx, viewOf(row, instance));
      afterCommit(() => {
        for (const listener of listeners) listener();
      });
      return row.id;
    },
    takeTurn: lockEvents,
    async after(id, filter = {}, limit = 200) {
      const { rows, last } = await selectEvents(db, filter, { direction: "after", id, limit });
      return { events: rows.map((row) => viewOf(row, instance)), last };
    },
    async latest(filter = {}, limit = 50, before = Number.MAX_SAFE_INTEGER) {
      const { rows } = await selectEvents(db, filter, { direction: "before", id: before, limit });
      return rows.map((row) => viewOf(row, instance));
    },
    onNew(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
