import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Accounts, createAccounts } from "#accounts";
import { type Database, openTestDatabase } from "#db";
import { createEvents, type Events, type EventType } from "#events";
import { createJobQueue, createJobRunner } from "#jobs";
import { type Clock, silentLog } from "#platform";
import { type HookReceiver, startHookReceiver } from "#testing";
import { HOOK_JOB, MAX_HOOKS, pauseAfter } from "./hook-job.ts";
import {
  createHookJob,
  createHooks,
  createNotifications,
  createSendHook,
  type Hooks,
  type NewHook,
} from "./index.ts";

/** The machine may be busy. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 15_000 });
const BY = { kind: "local", name: "local", client: "local" } as const;
const START = Date.parse("2024-01-02T03:00:00.000Z");

let db: Database;
let now: number;
let accounts: Accounts;
let events: Events;
let hooks: Hooks;
let receiver: HookReceiver;
const ends: (() => Promise<unknown>)[] = [];

const clock: Clock = { now: () => new Date(now) };
const queue = createJobQueue(clock);

beforeEach(async () => {
  db = await openTestDatabase();
  now = START;
  accounts = createAccounts({ db, clock, url: async () => "", readKeys: async () => [] });
  const notify = { clock, queue, log: silentLog, identity: "acme", hostname: "h", notify: [] };
  events = createEvents({ db, clock, instance: "acme", alongside: createNotifications(notify) });
  hooks = createHooks({
    db,
    clock,
    identity: "acme",
    audit: accounts.audit,
    send: createSendHook({ clock }),
  });
  receiver = await startReceiver();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await db.close();
});

async function startReceiver(port = 0): Promise<HookReceiver> {
  const started = await startHookReceiver(port);
  ends.push(() => started.close());
  return started;
}

/** A daemon that delivers; ended by what it returns, or with the test. */
async function start(timeoutMs = 5000): Promise<() => Promise<void>> {
  const send = createSendHook({ clock, timeoutMs });
  const kinds = { [HOOK_JOB]: createHookJob({ db, clock, queue, log: silentLog, identity: "acme", send }) };
  const owner = String(ends.length);
  const runner = createJobRunner({ db, clock, log: silentLog, queue, owner, kinds, pollMs: 20 });
  ends.push(() => runner.stop());
  await runner.start();
  return () => runner.stop();
}

const add = (change: Partial<NewHook> = {}, to = receiver) =>
  hooks.add(
    {
      ...{ name: "ci", url: `http://127.0.0.1:${to.port}/`, allowedHosts: ["127.0.0.1"] },
      ...{ types: [], distributions: [], sources: [] },
      ...change,
    },
    BY,
  );
const record = (type: EventType, source = "hello") =>
  db.write((tx) => events.record(tx, { type, source, message: "it happened" }));
const got = (from = receiver) => from.received.map(({ body }) => (JSON.parse(body) as { id: number }).id);
const hook = async (name = "ci") => (await hooks.list()).find((each) => each.name === name);
/** Nobody is at a job: time may leap without ending a lease. */
const idle = () =>
  eventually(async () => {
    const leased = await db.read.selectFrom("job").select("id").where("state", "=", "leased").execute();
    expect(leased).toEqual([]);
  });
const fail = (status: number) => {
  receiver.answer = (response) => void response.writeHead(status).end();
};
const succeed = () => {
  receiver.answer = (response) => void response.end();
};

test("a hook is told of the events it wants, from its beginning, as anybody sees them", async () => {
  await record("INSTALLED");
  await add({ types: ["INSTALLED", "FAILED"], sources: ["hello"] });
  await start();

  await record("FAILED");
  await record("BUILT");
  await record("INSTALLED", "other");
  await record("INSTALLED");

  await eventually(() => expect(got()).toEqual([2, 5]));
  await eventually(async () => expect(await hook()).toMatchObject({ waiting: 0, failures: 0 }));
  const [seen] = (await events.after(1, {}, 1)).events;
  expect(JSON.parse(receiver.received[0]?.body ?? "")).toEqual(seen);
});

test("an event that is rolled back is told to nobody", async () => {
  await add();
  await start();
  const failing = db.write(async (tx) => {
    await events.record(tx, { type: "FAILED", message: "x" });
    throw new Error("no");
  });

  await expect(failing).rejects.toThrow("no");
  await record("BUILT");

  await eventually(() => expect(got()).toEqual([1]));
});

describe("a receiver that refuses", () => {
  test("is asked again after growing pauses, and gets all in the end", async () => {
    await add();
    await start();
    fail(503);
    await record("BUILT");
    for (const [failures, pause] of [
      [1, 30],
      [2, 60],
      [3, 120],
    ] as const) {
      await eventually(async () => expect(await hook()).toMatchObject({ failures, waiting: 1 }));
      expect(await hook()).toMatchObject({ error: "it answered 503" });
      now += pause * 1000;
    }
    await eventually(async () => expect(await hook()).toMatchObject({ failures: 4 }));
    succeed();
    await record("INSTALLED");
    now += pauseAfter(4) * 1000;

    await eventually(async () => expect(await hook()).toMatchObject({ failures: 0, waiting: 0 }));
    expect(got()).toEqual([1, 1, 1, 1, 2, 1]);
    expect(await hook()).not.toHaveProperty("error");
  });

  test("is not asked more often because more happens", async () => {
    await add();
    await start();
    fail(500);
    await record("BUILT");
    await eventually(async () => expect(await hook()).toMatchObject({ failures: 1 }));

    for (let more = 0; more < 20; more += 1) await record("BUILT");
    await eventually(async () => expect(await hook()).toMatchObject({ waiting: 21 }));

    expect(got()).toEqual([1]);
  });

  test("gets the others when it refuses one for good, which is given up after three days", async () => {
    await add();
    await start();
    receiver.answer = (response, { headers }) =>
      void response.writeHead(headers["x-mini-buildd-delivery"] === "1" ? 400 : 200).end();
    await record("BUILT");
    await eventually(async () => expect(await hook()).toMatchObject({ failures: 1 }));
    await record("BUILT");
    now += 30_000;
    await eventually(() => expect(got()).toEqual([1, 2, 1]));
    await idle();

    now = START + 3 * 86_400_000;

    await eventually(async () => expect(await hook()).toMatchObject({ waiting: 0, givenUp: 1 }));
    expect(got().filter((id) => id === 2)).toEqual([2]);
    const dead = await db.read.selectFrom("hook_delivery").selectAll().where("state", "=", "dead").execute();
    expect(dead).toMatchObject([{ event_id: 1, error: "it answered 400" }]);
  });
});

test("what was given up, and what was sent, is forgotten after two weeks", async () => {
  await add();
  await start();
  await record("BUILT");
  await eventually(async () => expect(await hook()).toMatchObject({ waiting: 0, failures: 0 }));
  await idle();

  now += 15 * 86_400_000;
  await record("BUILT");

  const kept = () => db.read.selectFrom("hook_delivery").select("event_id").execute();
  await eventually(async () => expect(await kept()).toEqual([{ event_id: 2 }]));
});

test("hooks that hang stop no others", async () => {
  receiver.answer = () => undefined;
  for (let number = 1; number < MAX_HOOKS; number += 1) await add({ name: `hangs-${number}` });
  const good = await startReceiver();
  await add({ name: "works" }, good);
  await start(60_000);

  for (let number = 0; number < 2; number += 1) await record("BUILT");

  await eventually(() => expect(got(good)).toEqual([1, 2]));
  await eventually(() => expect(receiver.received).toHaveLength(MAX_HOOKS - 1));
}, 60_000);

test("the end of the daemon in the midst of it loses nothing", async () => {
  await add();
  receiver.answer = () => undefined;
  const stop = await start(60_000);
  await record("BUILT");
  await eventually(() => expect(receiver.received).toHaveLength(1));

  await stop();
  succeed();
  expect(await hook()).toMatchObject({ waiting: 1, failures: 0 });
  await start();

  await eventually(async () => expect(await hook()).toMatchObject({ waiting: 0 }));
  expect(got()).toEqual([1, 1]);
});

describe("the administrator", () => {
  test("gets a secret that is made, once, and can test, list and remove", async () => {
    const { secret = "" } = await add();
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(await add({ name: "own", secret: "sixteen-letters!" })).toEqual({});

    await hooks.test("ci");
    expect(JSON.parse(receiver.received[0]?.body ?? "")).toMatchObject({ type: "TEST", instance: "acme" });
    fail(404);
    await expect(hooks.test("ci")).rejects.toThrow(
      "The web hook ci did not take the message: it answered 404.",
    );
    fail(302);
    await expect(hooks.test("ci")).rejects.toThrow("redirects are not followed");
    expect(JSON.stringify(await hooks.list())).not.toContain(secret);

    await record("BUILT");
    await hooks.remove("ci", BY);
    expect((await hooks.list()).map(({ name }) => name)).toEqual(["own"]);
    await start();
    await eventually(() => expect(got()).toContain(1));
    const queued = () => db.read.selectFrom("job").select("id").where("state", "=", "queued").execute();
    await eventually(async () => expect(await queued()).toHaveLength(1));

    const recorded = await accounts.audit.latest({ limit: 9 });
    expect(recorded.map(({ action, given }) => [action, given.hook])).toEqual([
      ["hook.remove", "ci"],
      ["hook.add", "own"],
      ["hook.add", "ci"],
    ]);
    expect(JSON.stringify(recorded)).not.toContain(secret);
  });

  test.each([
    ["a name with blanks", { name: "a b" }, "name"],
    ["a file", { url: "file:///etc/passwd" }, "address"],
    ["no address", { url: "chat" }, "address"],
    ["a password in the address", { url: "https://u:p@chat.example.org/" }, "address"],
    ["a short secret", { secret: "short" }, "secret"],
    ["a type that is none", { types: ["INSTALED"] }, "type"],
    ["a host that is none", { allowedHosts: ["chat.example.org/x"] }, "allow-host"],
    ["a host with a port", { allowedHosts: ["chat.example.org:81"] }, "allow-host"],
  ] as const)("is refused %s", async (_what, change, argument) => {
    await expect(add(change)).rejects.toMatchObject({ code: "bad_argument", params: { argument } });
    expect(await hooks.list()).toEqual([]);
  });

  test("is refused a name that is taken, one hook too many, and what is not there", async () => {
    await add();
    await expect(add()).rejects.toThrow("there is a web hook 'ci' already");
    for (let number = 1; number < MAX_HOOKS; number += 1) await add({ name: `hook-${number}` });
    await expect(add({ name: "more" })).rejects.toThrow(`there are ${MAX_HOOKS} web hooks already`);
    await expect(hooks.remove("nope", BY)).rejects.toMatchObject({ code: "not_found" });
    await expect(hooks.test("nope")).rejects.toMatchObject({ code: "not_found" });
  });
});
