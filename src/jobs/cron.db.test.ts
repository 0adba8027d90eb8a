import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { silentLog } from "#platform";
import { bucketOf, type CronWork, createCron, createJobQueue, createJobRunner } from "./index.ts";

let db: Database;
let now: Date;
const stops: (() => Promise<void>)[] = [];
const clock = { now: () => now };
beforeEach(async () => {
  db = await openTestDatabase();
  now = new Date("2024-01-02T03:04:05Z");
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await db.close();
});

const jobs = () => db.read.selectFrom("job").select(["subject", "state"]).orderBy("id").execute();
const subjects = async () => (await jobs()).map(({ subject }) => subject);
const idle = () =>
  vi.waitFor(async () => expect((await jobs()).every(({ state }) => state === "done")).toBe(true));

function setUp(works: readonly CronWork[]) {
  const queue = createJobQueue(clock);
  const cron = createCron({ db, clock, log: silentLog, queue, works });
  const kinds = { cron: cron.kind };
  const runner = createJobRunner({ db, clock, log: silentLog, queue, owner: "a", kinds, pollMs: 20 });
  stops.push(() => runner.stop());
  return { cron, runner };
}

/** A process asks at its start. */
async function startAgain(cron: ReturnType<typeof setUp>["cron"], rows: number): Promise<void> {
  await cron.start().stop();
  await vi.waitFor(async () => expect(await jobs()).toHaveLength(rows));
  await idle();
}

describe("regular work", () => {
  test("runs once in each day or hour, however often processes start", async () => {
    const ran: string[] = [];
    const work = (name: string, every: "hour" | "day"): CronWork => ({
      name,
      every,
      run: async () => `${ran.push(name)} times`,
    });
    const { cron, runner } = setUp([work("tidy", "day"), work("renew", "hour")]);
    await runner.start();

    await startAgain(cron, 2);
    await startAgain(cron, 2);
    now = new Date("2024-01-02T04:00:00Z");
    await startAgain(cron, 3);
    now = new Date("2024-01-03T00:00:00Z");
    await startAgain(cron, 5);

    expect(await subjects()).toEqual([
      "tidy@2024-01-02",
      "renew@2024-01-02T03",
      "renew@2024-01-02T04",
      "tidy@2024-01-03",
      "renew@2024-01-03T00",
    ]);
    expect(ran.filter((name) => name === "tidy")).toHaveLength(2);
  });

  test("that is asked for runs at once, beside its schedule, and says what came of it", async () => {
    const { cron } = setUp([{ name: "tidy", every: "day", run: async () => "2 files went" }]);

    expect(await cron.runNow("tidy")).toBe("2 files went");

    expect(await jobs()).toEqual([]);
    await expect(cron.runNow("nope")).rejects.toMatchObject({ code: "not_found" });
  });

  test("is not done twice at a time", async () => {
    let runs = 0;
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const run = async () => {
      runs += 1;
      await gate;
      return "done";
    };
    const { cron } = setUp([{ name: "tidy", every: "day", run }]);

    const both = Promise.all([cron.runNow("tidy"), cron.runNow("tidy")]);
    release();

    expect(await both).toEqual(["done", "done"]);
    expect(runs).toBe(1);
  });

  test("that fails is tried again and its failure told to who asked", async () => {
    let runs = 0;
    const run = async () => {
      runs += 1;
      throw new Error("no");
    };
    const { cron } = setUp([{ name: "tidy", every: "day", run }]);

    await expect(cron.runNow("tidy")).rejects.toThrow("no");
    await expect(cron.runNow("tidy")).rejects.toThrow("no");

    expect(runs).toBe(2);
  });
});

test.each([
  ["hour", "2024-01-02T03"],
  ["day", "2024-01-02"],
] as const)("the bucket of a %s is %s", (every, bucket) => {
  expect(bucketOf(every, now)).toBe(bucket);
});
