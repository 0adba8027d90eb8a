import type { Database, Tx } from "#db";
import { type EventView, findEvent } from "#events";
import { type JobContext, type JobKind, type JobQueue, RetryLater } from "#jobs";
import { type Clock, isoAfter, isoNow, type Log } from "#platform";
import { filterOf, isWanted } from "./hook-filter.ts";
import { HookUnreachable, type SendHook } from "./hook-request.ts";
import {
  type Delivery,
  deleteHook,
  findHook,
  forgetEndedBefore,
  giveUpBefore,
  type HookRow,
  hasQueued,
  insertDeliveries,
  listHooks,
  nextDelivery,
  updateDelivery,
  updateHook,
} from "./hook-store.ts";

export interface HookJobDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly queue: Pick<JobQueue, "enqueue">;
  /** Identity of the instance. */
  readonly identity: string;
  readonly send: SendHook;
}

export const HOOK_JOB = "hook";
/** So many at most: each has a place of its own among the running jobs, and none waits for another one. */
export const MAX_HOOKS = 32;
const FIRST_PAUSE_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 6 * 3600;
/** An event that could not be sent for so long is given up. */
const GIVE_UP_SECONDS = 3 * 24 * 3600;
const KEPT_SECONDS = 14 * 24 * 3600;
/** A new event may come while a job is put off; it does not wait longer for that. */
const LONGEST_NAP_SECONDS = 60;

/** Asks for deliveries of an event in the transaction that writes it. */
export async function queueDeliveries(
  { queue, clock }: Pick<HookJobDeps, "queue" | "clock">,
  tx: Tx,
  event: EventView,
): Promise<void> {
  const hooks = (await listHooks(tx)).filter((hook) => isWanted(filterOf(hook), event));
  const ids = hooks.map(({ id }) => id);
  await insertDeliveries(tx, ids, event.id, isoNow(clock));
  for (const id of ids) await queue.enqueue(tx, { kind: HOOK_JOB, subject: `hook:${id}` });
}

/** Job `hook` of `hook:<id>`: sends what is due, one after the other, until one fails. */
export function createHookJob(deps: HookJobDeps): JobKind {
  const { db, clock } = deps;
  return {
    leaseSeconds: 60,
    heartbeatSeconds: 20,
    concurrency: MAX_HOOKS,
    maxAttempts: 0,
    backoffSeconds: () => FIRST_PAUSE_SECONDS,
    async handle(context) {
      const id = Number(context.job.subject.slice(context.job.subject.indexOf(":") + 1));
      for (;;) {
        const hook = await findHook(db.read, id);
        // Removed, perhaps while an event was written.
        if (hook === undefined) return await db.write((tx) => deleteHook(tx, id));
        const now = isoNow(clock);
        if ((hook.resume_at ?? "") > now) return await putOff(deps, hook);
        const delivery = await nextDelivery(db.read, id, now);
        if (delivery === undefined) return await putOff(deps, hook);
        await deliver(deps, context, hook, delivery);
      }
    },
  };
}

/** There is nothing to do now; if there is later, the job comes back. */
async function putOff({ db, clock }: HookJobDeps, hook: HookRow): Promise<void> {
  if (!(await hasQueued(db.read, hook.id))) return;
  const untilMs = Date.parse(hook.resume_at ?? "") - clock.now().getTime();
  const seconds = Number.isNaN(untilMs) ? LONGEST_NAP_SECONDS : Math.ceil(untilMs / 1000);
  throw new RetryLater(Math.max(1, Math.min(seconds, LONGEST_NAP_SECONDS)), hook.error ?? "it waits");
}

async function deliver(
  deps: HookJobDeps,
  context: JobContext,
  hook: HookRow,
  delivery: Delivery,
): Promise<void> {
  const event = await findEvent(deps.db.read, delivery.event_id, deps.identity);
  // An event that is forgotten is nobody's concern any more.
  const problem = event === undefined ? undefined : await send(deps, hook, event, context.signal);
  await deps.db.write(async (tx) => {
    await context.fenced(tx);
    await (problem === undefined
      ? sent(deps, tx, hook, delivery)
      : failed(deps, tx, hook, delivery, problem));
  });
  if (problem !== undefined)
    deps.log.warn({ hook: hook.name, event: event?.id, reason: problem }, "web hook failed");
}

/** What went wrong, without address and secret; undefined when it went well. */
async function send(
  deps: HookJobDeps,
  hook: HookRow,
  event: EventView,
  signal: AbortSignal,
): Promise<string | undefined> {
  const target = {
    url: hook.url,
    secret: hook.secret,
    allowedHosts: JSON.parse(hook.allowed_hosts) as string[],
  };
  const message = { type: event.type, delivery: String(event.id), body: JSON.stringify(event) };
  try {
    return problemOf(await deps.send(target, message, signal));
  } catch (error) {
    if (error instanceof HookUnreachable) return error.message;
    throw error;
  }
}

/** Of the status of an answer; redirects are not followed: they could lead anywhere. */
export function problemOf(status: number): string | undefined {
  if (status >= 200 && status <= 299) return undefined;
  return status >= 300 && status <= 399
    ? `it answered ${status}: redirects are not followed`
    : `it answered ${status}`;
}

async function sent({ clock }: HookJobDeps, tx: Tx, hook: HookRow, delivery: Delivery): Promise<void> {
  const now = isoNow(clock);
  await updateDelivery(tx, delivery.id, {
    ...{ state: "sent", attempt: delivery.attempt + 1, error: null, ended_at: now },
  });
  await updateHook(tx, hook.id, { failures: 0, resume_at: null, error: null, last_sent_at: now });
  await forgetEndedBefore(tx, hook.id, isoAfter(clock, -KEPT_SECONDS));
}

async function failed(
  { clock }: HookJobDeps,
  tx: Tx,
  hook: HookRow,
  delivery: Delivery,
  error: string,
): Promise<void> {
  const attempt = delivery.attempt + 1;
  const failures = hook.failures + 1;
  await updateDelivery(tx, delivery.id, { attempt, next_at: isoAfter(clock, pauseAfter(attempt)), error });
  await updateHook(tx, hook.id, { failures, resume_at: isoAfter(clock, pauseAfter(failures)), error });
  await giveUpBefore(tx, hook.id, isoAfter(clock, -GIVE_UP_SECONDS), { error, now: isoNow(clock) });
  await forgetEndedBefore(tx, hook.id, isoAfter(clock, -KEPT_SECONDS));
}

/** Seconds until the next try after so many that failed. */
export function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE_SECONDS * 2 ** Math.min(failures - 1, 20), LONGEST_PAUSE_SECONDS);
}
