import { Agent, request } from "node:http";
import { performance } from "node:perf_hooks";
import { type Latency, latencyOf } from "./latency.ts";

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly accept: string;
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

export interface Loaded {
  readonly latency: Latency;
  /** Answers that were no 200, and connections that broke. */
  readonly errors: number;
  /** Good answers a second, from the first request due to the last answer. */
  readonly achieved: number;
}

/** As many as a browser farm behind a proxy would hold; answers are waited for in them, and that time counts. */
const CONNECTIONS = 64;

/**
 * Sends requests at a fixed rate, each when it is due, however long answers take (an open loop). The time of a request
 * counts from then to the last byte of its answer.
 */
export async function runLoad(load: Load): Promise<Loaded> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, scheduling: "fifo" });
  try {
    await once(agent, load, load.warmUpSeconds);
    return await once(agent, load, load.seconds);
  } finally {
    agent.destroy();
  }
}

async function once(agent: Agent, load: Load, seconds: number): Promise<Loaded> {
  const total = Math.round(load.rate * seconds);
  const times = new Float64Array(total);
  let [good, ended] = [0, 0];
  const start = performance.now();
  await new Promise<void>((resolve) => {
    const end = (due: number, isGood: boolean) => {
      if (isGood) {
        times[good] = performance.now() - due;
        good += 1;
      }
      ended += 1;
      if (ended === total) resolve();
    };
    void sendAll(total, start, 1000 / load.rate, (due) => send(agent, load, (isGood) => end(due, isGood)));
  });
  const elapsed = (performance.now() - start) / 1000;
  return { latency: latencyOf(times.subarray(0, good)), errors: total - good, achieved: good / elapsed };
}

/** Timers come a millisecond late: the last one before a request is due is waited for awake. */
async function sendAll(
  total: number,
  start: number,
  everyMs: number,
  act: (due: number) => void,
): Promise<void> {
  for (let n = 0; n < total; n += 1) {
    const due = start + n * everyMs;
    for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
      await new Promise<void>((resolve) => {
        if (left > 2) setTimeout(resolve, left - 1.5);
        else setImmediate(resolve);
      });
    }
    act(due);
  }
}

function send(agent: Agent, { port, path, accept }: Load, done: (isGood: boolean) => void): void {
  const outgoing = request({ agent, host: "127.0.0.1", port, path, headers: { accept } });
  outgoing.once("error", () => done(false));
  outgoing.once("response", (incoming) => {
    incoming.resume();
    incoming.once("end", () => done(incoming.statusCode === 200));
    incoming.once("error", () => undefined);
  });
  outgoing.end();
}
