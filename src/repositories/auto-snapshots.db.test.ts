import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Actor } from "#events";
import { autoSnapshots, planSnapshots } from "./auto-snapshots.ts";
import { ADA, createTestRepository, type TestRepository, UNSTABLE } from "./changes-support.ts";
import { createNamedSnapshot, deleteNamedSnapshot, namedSnapshots } from "./named-snapshots.ts";

describe("the plan", () => {
  test.each([
    ["2024-01-01T00:00:00Z", "2024-w01"],
    ["2024-12-29T23:59:59Z", "2024-w52"],
    ["2024-12-30T00:00:00Z", "2025-w01"],
    ["2021-01-03T12:00:00Z", "2020-w53"],
    ["2026-12-31T12:00:00Z", "2026-w53"],
  ])("%s is in week %s", (time, week) => {
    expect(planSnapshots([], new Date(time)).made[0]).toBe(`weekly-${week}`);
  });

  test("keeps eight weeks, twelve months and all years, whatever it did not do in between", () => {
    let there: string[] = [];
    for (let day = 0; day < 800; day += day % 3 === 0 ? 1 : 9) {
      const now = new Date(Date.UTC(2022, 0, 1 + day));
      const { made, deleted } = planSnapshots(there, now);
      there = [...there, ...made].filter((name) => !deleted.includes(name));
      const count = (prefix: string) => there.filter((name) => name.startsWith(prefix)).length;
      expect(count("weekly-")).toBeLessThanOrEqual(8);
      expect(count("monthly-")).toBeLessThanOrEqual(12);
      expect(made.every((name) => there.includes(name))).toBe(true);
      expect(planSnapshots(there, now)).toEqual({ made: [], deleted: [] });
    }
    expect(there.filter((name) => name.startsWith("yearly-"))).toEqual([
      "yearly-2022",
      "yearly-2023",
      "yearly-2024",
    ]);
  });

  test("an older one stays in the place of one that was deleted by hand", () => {
    const weeks = ["01", "02", "03", "04", "05", "06", "07", "08"].map((week) => `weekly-2024-w${week}`);
    const before = new Set(["weekly-2024-w09", "monthly-2024-02", "yearly-2024"]);

    expect(planSnapshots(weeks, new Date("2024-02-29T00:00:00Z"), before)).toEqual({ made: [], deleted: [] });
  });
});

describe("each day", () => {
  const SYSTEM: Actor = { kind: "system", name: "acme" };
  let given: TestRepository;
  beforeEach(async () => {
    given = await createTestRepository();
  });
  afterEach(() => given.close());

  const run = (time: string) =>
    autoSnapshots({ ...given, clock: { now: () => new Date(time) } }, SYSTEM, new AbortController().signal);
  const names = async () => (await namedSnapshots(given, UNSTABLE)).map(({ name }) => name);

  test("distributions that hold something get theirs once, and events tell of it", async () => {
    await given.install(UNSTABLE, "hello", "1.0");

    expect(await run("2024-05-01T00:00:00Z")).toEqual({ made: 3, deleted: 0, failed: 0 });
    expect(await run("2024-05-02T00:00:00Z")).toEqual({ made: 0, deleted: 0, failed: 0 });

    expect(await names()).toEqual(["monthly-2024-05", "weekly-2024-w18", "yearly-2024"]);
    const told = await given.told();
    expect(told.map(({ type, distribution }) => `${type} ${distribution}`)).toEqual(
      Array.from({ length: 3 }, () => `SNAPSHOT ${UNSTABLE}`),
    );
    expect(told[0]).toMatchObject({ actor: SYSTEM, data: { action: "create", name: "weekly-2024-w18" } });
  });

  test("what somebody deleted is not made again; the next ones are", async () => {
    await given.install(UNSTABLE, "hello", "1.0");
    await run("2024-05-01T00:00:00Z");
    for (const name of ["yearly-2024", "weekly-2024-w18"])
      await deleteNamedSnapshot(given, { distribution: UNSTABLE, name }, ADA);

    expect(await run("2024-05-02T00:00:00Z")).toEqual({ made: 0, deleted: 0, failed: 0 });
    expect(await run("2024-05-06T00:00:00Z")).toEqual({ made: 1, deleted: 0, failed: 0 });

    expect(await names()).toEqual(["monthly-2024-05", "weekly-2024-w19"]);
  });

  test("one that cannot be made keeps no other from being made", async () => {
    await given.install(UNSTABLE, "hello", "1.0");
    const refusing: typeof given.archive.snapshotCreate = async (request, options) => {
      if (request.name.startsWith("weekly-")) throw new Error("no");
      return await given.archive.snapshotCreate(request, options);
    };
    const archive = { ...given.archive, snapshotCreate: refusing };
    const clock = { now: () => new Date("2024-05-01T00:00:00Z") };

    const done = await autoSnapshots({ ...given, archive, clock }, SYSTEM, new AbortController().signal);

    expect(done).toEqual({ made: 2, deleted: 0, failed: 1 });
    expect(await names()).toEqual(["monthly-2024-05", "yearly-2024"]);
  });

  test("what people made stays, whatever it is called", async () => {
    await given.install(UNSTABLE, "hello", "1.0");
    await createNamedSnapshot(given, { distribution: UNSTABLE, name: "weekly-2001-w01" }, ADA);
    for (let week = 0; week < 9; week += 1) {
      const time = new Date(Date.UTC(2024, 0, 1 + week * 7)).toISOString();
      await run(time);
    }

    const weekly = (await names()).filter((name) => name.startsWith("weekly-"));
    expect(weekly).toHaveLength(9);
    expect(weekly).toContain("weekly-2001-w01");
    expect(weekly).not.toContain("weekly-2024-w01");
  });
});
