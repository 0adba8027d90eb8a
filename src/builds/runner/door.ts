import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Answer, ask, isSameFile } from "./door-request.ts";

/** Where the daemon's apt proxy is reached as long as the runner lives. */
export interface Door {
  /** On 127.0.0.1. */
  readonly port: number;
  close(): void;
}

export interface DoorOptions {
  /** How long a request waits for a daemon that is away; default nine minutes, less than apt waits for an answer. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 540_000;
const AGAIN_MS = 200;

/**
 * Passes requests of apt on to the daemon's proxy. While nobody listens there they wait, and what breaks off is asked for
 * again and goes on where it was: a build shall not notice that the daemon is restarted. apt by itself would: an address
 * that once refused a connection it never tries again, of however many `Acquire::Retries`, and it may wait for ever for
 * files whose connection was lost.
 */
export async function openDoor(proxyPort: number, { patienceMs }: DoorOptions = {}): Promise<Door> {
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    passOn(request, response, {
      port: proxyPort,
      patienceMs: patienceMs ?? PATIENCE_MS,
      signal: gone.signal,
    }).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the door of the build has no port");
  return {
    port: address.port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Way {
  readonly port: number;
  readonly patienceMs: number;
  /** Aborted when apt is gone, or has all. */
  readonly signal: AbortSignal;
}

/** One request, asked as often as it takes; `sent` bytes of its body are not sent again. */
async function passOn(request: IncomingMessage, response: ServerResponse, way: Way): Promise<void> {
  let until = Date.now() + way.patienceMs;
  let first: Answer | undefined;
  let sent = 0;
  while (!way.signal.aborted) {
    const answer = await ask(request, way);
    if (answer !== undefined) {
      until = Date.now() + way.patienceMs;
      if (first === undefined) response.writeHead(answer.status, answer.headers);
      else if (!isSameFile(first, answer)) throw new Error("the file changed in the midst of its transfer");
      first ??= answer;
      const count = (bytes: number) => {
        sent += bytes;
      };
      const whole = await copy(answer.body, response, { toSkip: sent, signal: way.signal, count });
      if (whole) {
        response.end();
        return;
      }
    }
    if (Date.now() > until) break;
    await delay(AGAIN_MS, undefined, { signal: way.signal });
  }
  if (first !== undefined || way.signal.aborted) response.destroy();
  else response.writeHead(503, { "content-type": "text/plain" }).end("mini-buildd does not answer.\n");
}

/** False when the body broke off. */
async function copy(
  body: IncomingMessage,
  response: ServerResponse,
  { toSkip, signal, count }: { toSkip: number; signal: AbortSignal; count: (bytes: number) => void },
): Promise<boolean> {
  let skip = toSkip;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const part = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - part.length;
      if (part.length === 0) continue;
      count(part.length);
      if (!response.write(part)) await once(response, "drain", { signal });
    }
  } catch {
    return false;
  }
  return body.complete;
}

/** Tells apt of the build, which reads `<W>/overlay/apt`, to go by the door. */
export function sendAptThrough(workDir: string, { port }: Pick<Door, "port">): void {
  const path = join(workDir, "overlay/apt/apt.conf.d/98mini-buildd-proxy");
  writeFileSync(path, `Acquire::http::Proxy "http://127.0.0.1:${port}";\n`);
  chmodSync(path, 0o644);
}
