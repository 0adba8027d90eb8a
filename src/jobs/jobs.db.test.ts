import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { silentLog, systemClock } from "#platform";
import {
  createJobQueue,
  createJobRunner,
  type JobContext,
  type JobKind,
  type JobRunnerDeps,
  RetryLater,
} from "./index.ts";

let db: Database;
const stops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  db = await openTestDatabase();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await db.close();
});

function kind(handle: (context: JobContext) => Promise<void>, more: Partial<JobKind> = {}): JobKind {
  return {
    handle,
    leaseSeconds: 60,
    heartbeatSeconds: 20,
    concurrency: 1,
    maxAttempts: 3,
    backoffSeconds: () => 0,
    ...more,
  };
}

function setUp(kinds: Record<string, JobKind>, owner = "a", more: Partial<JobRunnerDeps> = {}) {
  const queue = createJobQueue(systemClock);
  const runner = createJobRunner({
    ...{ db, clock: systemClock, log: silentLog, queue, owner, kinds, pollMs: 20 },
    ...more,
  });
  stops.push(() => runner.stop());
  return { queue, runner };
}

const jobs = () => db.read.selectFrom("job").selectAll().orderBy("id").execute();

describe("jobs", () => {
  test("a job enqueued in a transaction runs after its commit and is done", async () => {
    const subjects: string[] = [];
    const { queue, runner } = setUp({ k: kind(async ({ job }) => void subjects.push(job.subject)) });
    await runner.start();

    await db.write((tx) => queue.enqueue(tx, { kind: "k", subject: "s:1" }));

    await vi.waitFor(async () => expect((await jobs())[0]?.state).toBe("done"));
    expect(subjects).toEqual(["s:1"]);
  });

  test("asking again while queued adds nothing, while running makes it run once more", async () => {
    let runs = 0;
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { queue, runner } = setUp({ k: kind(async () => void (runs++ === 0 && (await gate))) });
    const ask = () => db.write((tx) => queue.enqueue(tx, { kind: "k", subject: "s" }));
    await ask();
    await ask();
    await runner.start();
    await vi.waitFor(() => expect(runs).toBe(1));

    await ask();
    await ask();
    release();

    await vi.waitFor(async () => expect((await jobs()).map((job) => job.state)).toEqual(["done"]));
    expect(runs).toBe(2);
  });

  test("a failing job is tried maxAttempts times, then dead and told so", async () => {
    const dead: string[] = [];
    const failing = kind(() => Promise.reject(new Error("no")), {
      dead: async (job) => void dead.push(job.subject),
    });
    const { queue, runner } = setUp({ k: failing });
    await runner.start();

    await db.write((tx) => queue.enqueue(tx, { kind: "k", subject: "s" }));

    await vi.waitFor(async () =>
      expect((await jobs())[0]).toMatchObject({ state: "dead", attempt: 3, error: "no" }),
    );
    expect(dead).toEqual(["s"]);
  });

  test.each([
    ["is handled still after as many as it may fail", 3, {}, ["s"], [], "done"],
    ["is dead unhandled after ten more", 13, {}, [], ["s"], "dead"],
    ["is handled once more when its handler bounds that", 13, { ownAttempts: true }, ["s"], [], "done"],
    ["is handled for ever without a bound", 13, { maxAttempts: 0 }, ["s"], [], "done"],
  ])(
    "a job whose process ends again and again %s",
    async (_, attempt, more, handledThen, deadThen, state) => {
      const handled: string[] = [];
      const dead: string[] = [];
      const { queue, runner } = setUp({
        k: kind(async ({ job }) => void handled.push(job.subject), {
          dead: async (job) => void dead.push(job.subject),
          ...more,
        }),
      });
      await db.write((tx) => queue.enqueue(tx, { kind: "k", subject: "s" }));
      const taken = { state: "leased", attempt, lease_owner: "killed", lease_expires_at: "9" };
      await db.write((tx) => tx.updateTable("job").set(taken).execute());

      await runner.start();

      await vi.waitFor(async () => expect((await jobs())[0]?.state).toBe(state));
      expect([handled, dead]).toEqual([handledThen, deadThen]);
    },
  );

  test.each([
    ["cost nothing where its handler bounds them", true, { state: "queued", attempt: 1 }],
    ["count otherwise", false, { state: "dead", attempt: 6 }],
  ])("ends of the process in the midst of a job %s", async (_, ownAttempts, expected) => {
    const setUpOwned = (owner: string, handle: JobKind["handle"]) =>
      setUp({ k: kind(handle, { ownAttempts, maxAttempts: 5, backoffSeconds: () => 3600 }) }, owner);
    for (const owner of ["a", "b", "c", "d", "e"]) {
      let isBegun = false;
      const killed = setUpOwned(owner, ({ signal }) => {
        isBegun = true;
        return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
      });
      if (owner === "a") await db.write((tx) => killed.queue.enqueue(tx, { kind: "k", subject: "s" }));
      await killed.runner.start();
      await vi.waitFor(() => expect(isBegun).toBe(true));
    }
    const { runner } = setUpOwned("f", () => Promise.reject(new Error("no")));

    await runner.start();

    await vi.waitFor(async () =>
      expect((await jobs())[0]).toMatchObject({ error: expect.anything(), ...expected }),
    );
  });

  test("a lease that ran out while its handler lives is renewed, and no second handler begins", async () => {
    let minutes = 0;
    const clock = { now: () => new Date(Date.now() + minutes * 60_000) };
    let runs = 0;
    let finish = (): void => undefined;
    const handle = () => {
      runs += 1;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    };
    const { queue, runner } = setUp({ k: kind(handle, { concurrency: 2 }) }, "a", { clock });
    await runner.start();
    await db.write((tx) => queue.enqueue(tx, { kind: "k", subject: "s" }));
    await vi.waitFor(() => expect(runs).toBe(1));

    minutes = 5;

    await vi.waitFor(async () => {
      const [job] = await jobs();
      expect(new Date(job?.lease_expires_at ?? 0).getTime()).toBeGreaterThan(clock.now().getTime());
    });
    expect(runner.running()).toHaveLength(1);
    finish();
    await vi.waitFor(async () => expect((await jobs())[0]).toMatchObject({ state: "done", attempt: 1 }));
    expect(runs).toBe(1);
  });

  test("a handler that does not hear of the stop is left behind, and the next process takes its job up", async () => {
    let isBegun = false;
    const deaf = () => {
      isBegun = true;
      return new Promise<void>(() => undefined);
    };
    const { queue, runner } = setUp({ k: kind(deaf) }, "a", { stopMs: 50 });
    await runner.start();
    await db.write((tx) => queue.enqueue(tx, { kind: "k", subject: "s" }));
    await vi.waitFor(() => expect(isBegun).toBe(true));

    await runner.stop();

    const next = setUp({ k: kind(async () => undefined) }, "b");
    await next.runner.start();
    await vi.waitFor(async () => expect((await jobs())[0]?.state).toBe("done"));
  });

  test("RetryLater does not count as an attempt", async () => {
    let runs = 0;
    const { queue, runner } = setUp({
      k: kind(
        async () => {
          runs += 1;
          if (runs < 5) throw new RetryLater(0, "busy");
        },
        { maxAttempts: 1 },
      ),
    });
    await runner.start();

    await db.write((tx) => queue.enqueue(tx, { kind: "k", subject: "s" }));

    await vi.waitFor(async () => expect((await jobs())[0]?.state).toBe("done"));
    expect(runs).toBe(5);
  });

  test("what is asked for again while it is being handled is not postponed", async () => {
    let runs = 0;
    const { queue, runner } = setUp({
      k: kind(async () => {
        runs += 1;
        if (runs > 1) return;
        await db.write((tx) => queue.enqueue(tx, { kind: "k", subject: "s" }));
        throw new RetryLater(3600, "not yet");
      }),
    });
    await runner.start();

    await db.write((tx) => queue.enqueue(tx, { kind: "k", subject: "s" }));

    await vi.waitFor(async () => expect((await jobs())[0]?.state).toBe("done"));
    expect(runs).toBe(2);
  });

  test("a job that asks for itself later does not run again before that", async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    let runs = 0;
    const askLater = () =>
      db.write((tx) => queue.enqueue(tx, { kind: "k", subject: "s", runAfter: later, priority: 5 }));
    const handle = async () => void (runs++ < 100 && (await askLater()));
    const { queue, runner } = setUp({ k: kind(handle) });
    await runner.start();

    await db.write((tx) => queue.enqueue(tx, { kind: "k", subject: "s" }));

    await vi.waitFor(async () =>
      expect((await jobs())[0]).toMatchObject({ state: "queued", run_after: later, priority: 5 }),
    );
    expect(runs).toBe(1);
  });

  test("jobs without an end leave time for all else", async () => {
    let runs = 0;
    let isOver = false;
    const ask = () => db.write((tx) => queue.enqueue(tx, { kind: "k", subject: "s" }));
    const { queue, runner } = setUp({ k: kind(async () => void (runs++ < 500 && !isOver && (await ask()))) });
    await ask();
    await runner.start();

    await new Promise<void>((resolve) => setTimeout(resolve, 1));
    isOver = true;

    expect(runs).toBeLessThan(500);
  });

  test("the leases of a dead process are taken over, and its fence cannot write any more", async () => {
    let stale: JobContext | undefined;
    const first = setUp(
      {
        k: kind(
          (context) =>
            new Promise((_, reject) => {
              stale = context;
              context.signal.addEventListener("abort", () => reject(new Error("aborted")));
            }),
        ),
      },
      "dead",
    );
    await first.runner.start();
    await db.write((tx) => first.queue.enqueue(tx, { kind: "k", subject: "s" }));
    await vi.waitFor(() => expect(stale).toBeDefined());
    let done = 0;
    const second = setUp({ k: kind(async () => void done++) }, "alive");

    await second.runner.start();

    await vi.waitFor(() => expect(done).toBe(1));
    await expect(db.write((tx) => (stale as JobContext).fenced(tx))).rejects.toThrow("lease");
  });

  test("higher priority first, then oldest", async () => {
    const order: string[] = [];
    const { queue, runner } = setUp({ k: kind(async ({ job }) => void order.push(job.subject)) });
    for (const [subject, priority] of [
      ["a", 0],
      ["b", 0],
      ["c", 10],
    ] as const) {
      await db.write((tx) => queue.enqueue(tx, { kind: "k", subject, priority }));
    }

    await runner.start();

    await vi.waitFor(() => expect(order).toEqual(["c", "a", "b"]));
  });
});
