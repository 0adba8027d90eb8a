import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { silentLog } from "#platform";
import { createWorkTime, keepWorkTime } from "./index.ts";

const FRIDAY = "2024-01-05T16:00:00.000Z";
const DAY = 24 * 3600;

let db: Database;
let now: number;
const workTime = createWorkTime({ now: () => new Date(now) });
beforeEach(async () => {
  db = await openTestDatabase();
  now = Date.parse(FRIDAY);
});
afterEach(() => db.close());

const begin = () => db.write((tx) => workTime.begin(tx));
/** Seconds in which the engine runs, and says so. */
async function work(seconds: number): Promise<void> {
  for (const end = now + seconds * 1000; now < end; ) {
    now = Math.min(end, now + 60_000);
    await db.write((tx) => workTime.goOn(tx));
  }
}
const away = (seconds: number): void => {
  now += seconds * 1000;
};
const leftSeconds = async (limit: number, since = FRIDAY) =>
  (await workTime.left(db.read, since, limit)) / 1000;

describe("what is left of a limit", () => {
  test("is the limit without the time in which the engine ran", async () => {
    await begin();
    await work(600);

    expect(await leftSeconds(1000)).toBe(400);
    await work(400);
    expect(await leftSeconds(1000)).toBe(0);
  });

  test("is not less for a weekend without a daemon, or a night in which the machine slept", async () => {
    await begin();
    await work(60);
    away(2 * DAY);
    await begin();
    await work(120);
    away(DAY / 2);
    await work(120);

    expect(await leftSeconds(DAY)).toBe(DAY - 60 - 120 - 60);
  });

  test("counts up to now between two beats, and only from when the wait began", async () => {
    await begin();
    await work(600);
    away(30);

    expect(await leftSeconds(1000, "2024-01-05T16:05:00.000Z")).toBe(1000 - 330);
  });

  test("is never nothing while the engine stands", async () => {
    await begin();
    await work(600);
    away(DAY);

    expect(await leftSeconds(500)).toBe(60);
    expect(await leftSeconds(1000)).toBe(400);
    expect(await leftSeconds(1000, "2024-01-06T10:00:00.000Z")).toBe(1000);
  });

  test("is a minute at least when a daemon begins, for what waited before", async () => {
    await begin();
    await work(600);
    away(20);
    await begin();
    const restarted = new Date(now).toISOString();

    expect(await leftSeconds(600)).toBe(60);
    away(20);
    expect(await leftSeconds(600)).toBe(40);
    expect(await leftSeconds(20, restarted)).toBe(0);
  });

  test("is nothing where nothing is waited for", async () => {
    expect(await leftSeconds(0)).toBe(0);
  });
});

test("that the engine runs is written down every minute, while it does", async () => {
  let isRunning = true;
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const beats = vi.fn(async () => undefined);
  const kept = keepWorkTime({ db, log: silentLog, workTime: { goOn: beats }, isRunning: () => isRunning });

  vi.advanceTimersByTime(120_000);
  await vi.waitFor(() => expect(beats).toHaveBeenCalledTimes(2));
  isRunning = false;
  vi.advanceTimersByTime(120_000);
  kept.stop();
  vi.useRealTimers();

  expect(beats).toHaveBeenCalledTimes(2);
});
