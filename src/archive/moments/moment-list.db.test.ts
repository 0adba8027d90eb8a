import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Archive } from "../archive.ts";
import { createTestArchive, type TestArchive } from "../archive-support.ts";
import { FORGOTTEN } from "../suites/index.ts";

// Packages are made with the real tools.
vi.setConfig({ testTimeout: 60_000 });

let fixture: TestArchive;
let archive: Archive;
let unstable: string;
let now: number;
beforeEach(async () => {
  now = Date.parse("2026-01-02T03:04:05.678Z");
  fixture = await createTestArchive({ clock: { now: () => new Date(now) } });
  archive = fixture.again({ sleep: async () => undefined });
  unstable = await fixture.live("unstable", { rollbacks: 0 });
});
afterEach(() => fixture.close());

const at = (timestamp: string) => archive.momentAt("test", timestamp);

test("a time means the newest publish up to the end of its second", async () => {
  now = Date.parse("2026-01-03T00:00:00.900Z");
  const { publish } = await fixture.install("hello", "1.0-1", unstable);

  expect(await at("20260103T000000Z")).toMatchObject({
    publish,
    timestamp: "20260103T000000Z",
    pinned: false,
  });
  expect(await at("20260104T000000Z")).toMatchObject({ publish });
  expect((await at("20260102T235959Z"))?.publish).toBeLessThan(publish);
  expect(await at("20260102T030404Z")).toBeUndefined();
  expect(await archive.momentAt("other", "20260104T000000Z")).toBeUndefined();
  for (const wrong of ["20260230T000000Z", "yesterday", ""]) expect(await at(wrong), wrong).toBeUndefined();
});

test("lists the newest first, only those that are kept, and those that are pinned", async () => {
  now += 60_000;
  const { publish: first } = await fixture.install("hello", "1.0-1", unstable);
  now += 60_000;
  const { publish: second } = await fixture.install("hello", "2.0-1", unstable);
  await fixture.db.write((tx) => archive.pinMoment(tx, { repository: "test", publish: first, pinned: true }));

  const numbers = async (options: { limit: number; pinned?: boolean }) =>
    (await archive.moments("test", options)).map(({ publish }) => publish);
  expect((await numbers({ limit: 100 })).slice(0, 2)).toEqual([second, first]);
  expect(await numbers({ limit: 1 })).toEqual([second]);
  expect(await numbers({ limit: 100, pinned: true })).toEqual([first]);

  await fixture.db.write((tx) =>
    tx.updateTable("publish").set({ cause: FORGOTTEN }).where("id", "=", second).execute(),
  );
  expect(await numbers({ limit: 1 })).toEqual([first]);
  expect(await at("20270101T000000Z")).toBeUndefined();
});
