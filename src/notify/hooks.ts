import { randomBytes } from "node:crypto";
import type { Audit, By } from "#accounts";
import { type Database, isUniqueViolation } from "#db";
import { type Clock, isoNow, MbdError } from "#platform";
import { checkTypes, filterOf, type HookFilter } from "./hook-filter.ts";
import { MAX_HOOKS, problemOf } from "./hook-job.ts";
import { HookUnreachable, type SendHook } from "./hook-request.ts";
import {
  countDeliveries,
  deleteHook,
  findHookNamed,
  type HookRow,
  insertHook,
  listHooks,
} from "./hook-store.ts";

export interface NewHook extends HookFilter {
  readonly name: string;
  readonly url: string;
  /** Without one, it is made. */
  readonly secret?: string | undefined;
  readonly allowedHosts: readonly string[];
}

/** A hook as its administrator sees it; nobody sees the secret again. */
export interface HookView extends HookFilter {
  readonly name: string;
  readonly url: string;
  readonly allowedHosts: readonly string[];
  /** Events that are still to be sent, and those that were given up within the last two weeks. */
  readonly waiting: number;
  readonly givenUp: number;
  /** Since the last one that went well. */
  readonly failures: number;
  readonly error?: string;
  readonly lastSentAt?: string;
}

/** Web hooks as their administrator handles them. */
export interface Hooks {
  /** Events from now on; returns the secret if it was made. @throws MbdError bad_argument */
  add(hook: NewHook, by: By): Promise<{ secret?: string }>;
  list(): Promise<HookView[]>;
  /** @throws MbdError not_found */
  remove(name: string, by: By): Promise<void>;
  /** Sends a message that is no event, now. @throws MbdError not_found, hook_failed */
  test(name: string): Promise<void>;
}

export interface HooksDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly identity: string;
  readonly send: SendHook;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const SECRET = /^[\x21-\x7e]{16,256}$/;

export function createHooks({ db, clock, audit, identity, send }: HooksDeps): Hooks {
  async function named(name: string): Promise<HookRow> {
    const hook = await findHookNamed(db.read, name);
    if (hook === undefined) throw new MbdError("not_found", { what: `Web hook '${name}'` });
    return hook;
  }

  return {
    async add(hook, by) {
      check(hook);
      const made = hook.secret === undefined ? randomBytes(32).toString("base64url") : undefined;
      await db
        .write(async (tx) => {
          if ((await listHooks(tx)).length >= MAX_HOOKS)
            throw refused("name", `there are ${MAX_HOOKS} web hooks already`);
          await insertHook(tx, rowOf(hook, hook.secret ?? made ?? "", isoNow(clock)));
          await audit.done(tx, by, "hook.add", { hook: hook.name, server: new URL(hook.url).origin });
        })
        .catch((error: unknown) => {
          if (isUniqueViolation(error)) throw refused("name", `there is a web hook '${hook.name}' already`);
          throw error;
        });
      return made === undefined ? {} : { secret: made };
    },
    async list() {
      const waiting = await countDeliveries(db.read, "queued");
      const givenUp = await countDeliveries(db.read, "dead");
      return (await listHooks(db.read)).map((row) => ({
        ...{ name: row.name, url: row.url, ...filterOf(row) },
        allowedHosts: JSON.parse(row.allowed_hosts) as string[],
        ...{ waiting: waiting.get(row.id) ?? 0, givenUp: givenUp.get(row.id) ?? 0, failures: row.failures },
        ...(row.error === null ? {} : { error: row.error }),
        ...(row.last_sent_at === null ? {} : { lastSentAt: row.last_sent_at }),
      }));
    },
    async remove(name, by) {
      const { id } = await named(name);
      await db.write(async (tx) => {
        await deleteHook(tx, id);
        await audit.done(tx, by, "hook.remove", { hook: name });
      });
    },
    async test(name) {
      const { url, secret, allowed_hosts } = await named(name);
      const target = { url, secret, allowedHosts: JSON.parse(allowed_hosts) as string[] };
      const body = {
        type: "TEST",
        time: isoNow(clock),
        instance: identity,
        message: `a test of web hook ${name}`,
      };
      const message = { type: "TEST", delivery: "test", body: JSON.stringify(body) };
      const reason = await send(target, message, new AbortController().signal).then(
        problemOf,
        (error: unknown) => {
          if (error instanceof HookUnreachable) return error.message;
          throw error;
        },
      );
      if (reason !== undefined) throw new MbdError("hook_failed", { hook: name, reason });
    },
  };
}

function rowOf(hook: NewHook, secret: string, now: string) {
  const { name, url, types, distributions, sources, allowedHosts } = hook;
  return {
    ...{ name, url: new URL(url).href, secret, created_at: now },
    types: JSON.stringify(types),
    distributions: JSON.stringify(distributions),
    sources: JSON.stringify(sources),
    // As URLs write them.
    allowed_hosts: JSON.stringify(allowedHosts.map((host) => new URL(`http://${host}/`).hostname)),
  };
}

function check({ name, url, secret, types, allowedHosts }: NewHook): void {
  if (!NAME.test(name)) throw refused("name", "it is made of letters, digits, '.', '_' and '-'");
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol))
    throw refused("address", "it is not an address that begins with http:// or https://");
  if (parsed.username !== "" || parsed.password !== "")
    throw refused("address", "it holds a user name or password; the signature says who sends");
  if (secret !== undefined && !SECRET.test(secret))
    throw refused("secret", "it must have 16 to 256 characters, without blanks, of ASCII");
  for (const host of allowedHosts) {
    const probe = `http://${host}/`;
    if (!URL.canParse(probe) || new URL(probe).host !== new URL(probe).hostname || /[/@?#\\]/.test(host))
      throw refused("allow-host", `'${host.slice(0, 80)}' is not the name or address of a host`);
  }
  checkTypes(types);
}

function refused(argument: string, reason: string): MbdError {
  return new MbdError("bad_argument", { argument, reason });
}
