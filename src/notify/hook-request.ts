import { createHmac } from "node:crypto";
import { lookup } from "node:dns";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { answerTo, type Clock, guardedLookup, privateAddressIn } from "#platform";

/** A receiver, as far as sending to it goes. */
export interface HookTarget {
  readonly url: string;
  readonly secret: string;
  /** Hosts that may have a private address. */
  readonly allowedHosts: readonly string[];
}

export interface HookMessage {
  /** Type of the event, or TEST. */
  readonly type: string;
  /** Number of the event: the same for each try. */
  readonly delivery: string;
  /** JSON. */
  readonly body: string;
}

/** Sends a message; resolves with the status of the answer, whatever it is. */
export type SendHook = (target: HookTarget, message: HookMessage, signal: AbortSignal) => Promise<number>;

/** The receiver was not reached, or did not answer; its message tells neither address nor secret. */
export class HookUnreachable extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = "HookUnreachable";
  }
}

const TOTAL_MS = 10_000;
/** Nobody reads the answer; a bit is taken so that the receiver does not see a broken connection. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** The signature covers the time, so that a message that somebody caught is worth nothing later. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;
}

export function createSendHook({
  clock,
  timeoutMs = TOTAL_MS,
}: {
  clock: Clock;
  timeoutMs?: number;
}): SendHook {
  return async (target, message, signal) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await post(target, message, clock, AbortSignal.any([signal, timeout]));
      await drain(response);
      return response.statusCode ?? 0;
    } catch (error) {
      if (signal.aborted) throw error;
      throw timeout.aborted
        ? new HookUnreachable(`no answer within ${timeoutMs / 1000} s`, { cause: error })
        : unreachable(error);
    }
  };
}

async function post(
  { url, secret, allowedHosts }: HookTarget,
  { type, delivery, body }: HookMessage,
  clock: Clock,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const parsed = new URL(url);
  const isAllowed = allowedHosts.includes(parsed.hostname);
  const refused = () => new HookUnreachable("its address is private, and its host is not allowed by name");
  if (!isAllowed && privateAddressIn(parsed) !== undefined) throw refused();
  const timestamp = String(Math.floor(clock.now().getTime() / 1000));
  const send = parsed.protocol === "https:" ? httpsRequest : httpRequest;
  const request = send(parsed, {
    method: "POST",
    // No connection of another hook, which may be allowed more.
    agent: false,
    lookup: isAllowed ? lookup : guardedLookup(refused),
    signal,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(body),
      "user-agent": "mini-buildd",
      "x-mini-buildd-event": type,
      "x-mini-buildd-delivery": delivery,
      "x-mini-buildd-timestamp": timestamp,
      "x-mini-buildd-signature-256": signatureOf(secret, timestamp, body),
    },
  });
  const answer = answerTo(request, signal);
  request.end(body);
  return await answer;
}

async function drain(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) break;
  }
  response.destroy();
}

/** Messages of the system name addresses, which may be nobody's business: its codes say enough. */
function unreachable(error: unknown): HookUnreachable {
  if (error instanceof HookUnreachable) return error;
  const { code } = (error ?? {}) as { code?: unknown };
  const reason = typeof code === "string" ? code : "the connection failed";
  return new HookUnreachable(`it cannot be reached (${reason})`, { cause: error });
}
