import { createPlainClient } from "#testing";
import type { Canned } from "./floor.ts";
import type { BenchInstance } from "./instance.ts";
import type { Loaded } from "./load.ts";
import { cpuSeconds, startHelper } from "./process.ts";
import type { Request } from "./requests.ts";

export interface Figure {
  readonly request: string;
  readonly path: string;
  readonly bytes: number;
  readonly ours: Measured;
  readonly floor: Measured;
}

export interface Measured extends Loaded {
  /** Of one processor, while the load ran. */
  readonly cpu: number;
}

interface Pace {
  readonly rate: number;
  readonly seconds: number;
}

const WARM_UP_SECONDS = 2;

/** One kind of request: the daemon under load, and a bare server that sends what the daemon sent. */
export async function measure(instance: BenchInstance, asked: Request, pace: Pace): Promise<Figure> {
  const { port, daemon } = instance;
  const canned = await take(port, asked);
  const ours = await underLoad(port, daemon.pid, asked, pace);
  const floor = await startHelper("floor", canned);
  try {
    const bare = await underLoad(Number(floor.told), floor.pid, asked, pace);
    const bytes = Buffer.from(canned.body, "base64").length;
    return { request: asked.name, path: asked.path, bytes, ours, floor: bare };
  } finally {
    await floor.close();
  }
}

async function take(port: number, { path, accept }: Request): Promise<Canned> {
  const client = createPlainClient(port);
  const answer = await client.ask({ path, headers: { accept } });
  client.close();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  const {
    connection: _,
    "keep-alive": __,
    date: ___,
    "transfer-encoding": ____,
    ...headers
  } = answer.headers;
  return { headers, body: Buffer.from(answer.text).toString("base64") };
}

async function underLoad(port: number, pid: number, asked: Request, pace: Pace): Promise<Measured> {
  const { path, accept } = asked;
  const [used, start] = [cpuSeconds(pid), performance.now()];
  const load = await startHelper("load", { port, path, accept, ...pace, warmUpSeconds: WARM_UP_SECONDS });
  const cpu = ((cpuSeconds(pid) - used) / (performance.now() - start)) * 1000;
  await load.close();
  return { ...(load.told as Loaded), cpu };
}
