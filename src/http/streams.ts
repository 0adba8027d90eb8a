import type { ServerResponse } from "node:http";
import { addressGroup, MbdError } from "#platform";
import type { HttpLimits } from "./deps.ts";

/** An answer that stays open: events, a log being written. */
export interface Stream {
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal;
  /** Writes and waits until the client keeps up; false when it is gone. */
  write(data: string | Uint8Array): Promise<boolean>;
  end(): void;
}

/** Bounds the number of open streams and ends them all when the server stops. */
export interface Streams {
  /** Throws `too_many` when there are too many, in all or from this client. Give it back with `release`. */
  reserve(client: string): { release(): void };
  open(response: ServerResponse): Stream;
  closeAll(): void;
}

export function createStreams(limits: HttpLimits): Streams {
  const perClient = new Map<string, number>();
  const open = new Set<AbortController>();
  let total = 0;

  return {
    reserve(address) {
      const client = addressGroup(address);
      const mine = perClient.get(client) ?? 0;
      if (total >= limits.streams || mine >= limits.streamsPerClient)
        throw new MbdError("too_many", { what: "open streams", seconds: 10 });
      total += 1;
      perClient.set(client, mine + 1);
      let held = true;
      return {
        release() {
          if (!held) return;
          held = false;
          total -= 1;
          const left = (perClient.get(client) ?? 1) - 1;
          if (left > 0) perClient.set(client, left);
          else perClient.delete(client);
        },
      };
    },
    open(response) {
      const controller = new AbortController();
      open.add(controller);
      const gone = (): void => {
        open.delete(controller);
        controller.abort();
      };
      response.once("close", gone);
      // The client may have gone while the answer was prepared; nothing would tell of it again.
      if (response.destroyed) gone();
      return {
        signal: controller.signal,
        write: (data) => writeTo(response, controller.signal, data),
        end: () => void response.end(),
      };
    },
    closeAll() {
      for (const controller of open) controller.abort();
    },
  };
}

async function writeTo(
  response: ServerResponse,
  signal: AbortSignal,
  data: string | Uint8Array,
): Promise<boolean> {
  if (signal.aborted) return false;
  if (response.write(data)) return true;
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    signal.addEventListener("abort", done, { once: true });
  });
  return !signal.aborted;
}

/** Waits for `ms`, or until one of the signals aborts. */
export async function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  if (signals.some((signal) => signal.aborted)) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    for (const signal of signals) signal.addEventListener("abort", done);
    function done() {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
