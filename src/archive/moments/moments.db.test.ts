import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Archive } from "../archive.ts";
import { createTestArchive, type TestArchive } from "../archive-support.ts";
import { expectWholeAt, readRelease } from "../publish/publish-support.ts";

const START = Date.parse("2024-01-02T03:04:05.400Z");

let fixture: TestArchive;
let archive: Archive;
let name: string;
let now: number;

beforeEach(async () => {
  now = START;
  fixture = await createTestArchive({ clock: { now: () => new Date(now) } });
  archive = fixture.again({ sleep: async () => undefined });
  name = await fixture.live("unstable", { options: { validDays: 7 } });
});
afterEach(() => fixture.close());

/** One a minute. */
async function installed(...all: string[]): Promise<void> {
  for (const version of all) {
    now += 60_000;
    await fixture.install("hello", version, name);
    await archive.publish("test", name);
  }
}
const stamp = (ms: number) => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
const moment = (ms: number, distribution = name) => archive.momentPath("test", stamp(ms), distribution);
/** Of all packages, each once. */
function versions(dir: string | undefined): (string | undefined)[] {
  const text = gunzipSync(readFileSync(join(dir ?? "", "main/binary-amd64/Packages.gz"))).toString();
  return [...new Set([...text.matchAll(/^Version: (.*)$/gm)].map(([, version]) => version))];
}
const kept = () => readdirSync(join(fixture.root, ".generations", name, "moments"));

test("any time of a state is one moment with the date of that state, for ever valid", async () => {
  await installed("1.0-1", "2.0-1");
  const dir = await moment(START + 60_000);
  expect(await moment(START + 90_000)).toBe(dir);
  expect(versions(dir)).toEqual(["1.0-1"]);
  await expectWholeAt(dir ?? "");
  const release = readRelease(dir ?? "");
  expect(release.date.toISOString()).toBe("2024-01-02T03:05:05.000Z");
  expect(release.validUntil).toBeUndefined();
  expect(release.head).toContain(`Suite: ${name}\n`);
  expect(kept()).toHaveLength(1);
});

test("the present is a moment too, of the same files; so is the future", async () => {
  await installed("1.0-1", "2.0-1");
  const dir = await moment(now);
  expect(versions(dir)).toEqual(["2.0-1"]);
  const inode = (root: string) => statSync(join(root, "main/binary-amd64/Packages.xz")).ino;
  expect(inode(dir ?? "")).toBe(inode(join(fixture.root, "dists", name)));
  expect(await moment(now + 1e9)).toBe(dir);
});

test("a timestamp has the whole of its second; the state before the first package is an empty distribution", async () => {
  await installed("1.0-1");
  expect(versions(await moment(now))).toEqual(["1.0-1"]);
  expect(versions(await moment(now - 1000))).toEqual([]);
  expect(versions(await moment(START))).toEqual([]);
});

test("what is not published yet belongs to no moment", async () => {
  await installed("1.0-1");
  now += 60_000;
  await fixture.install("hello", "2.0-1", name);
  expect(versions(await moment(now))).toEqual(["1.0-1"]);
  await archive.publish("test", name);
  expect(versions(await moment(now))).toEqual(["2.0-1"]);
});

test("there is nothing before the first publish, of unknown distributions, or at what is no time", async () => {
  await installed("1.0-1");
  expect(await moment(START - 1000)).toBeUndefined();
  expect(await moment(now, "bookworm-test-none")).toBeUndefined();
  expect(await archive.momentPath("none", stamp(now), name)).toBeUndefined();
  for (const bad of ["20240230T000000Z", "20240101T250000Z", "20240101", "../../x", ""])
    expect(await archive.momentPath("test", bad, name)).toBeUndefined();
  expect(await archive.momentPath("test", "99991231T235959Z", name)).toBeDefined();
});

test("rollbacks have moments", async () => {
  await installed("1.0-1", "2.0-1", "3.0-1");
  const rollback = `${name}-rollback0`;
  await archive.publish("test", rollback);
  expect(versions(await moment(START + 120_000, rollback))).toEqual(["1.0-1"]);
  expect(versions(await moment(now, rollback))).toEqual(["2.0-1"]);
});

test("a package that came and went between two publishes is in the pool when a moment shows it", async () => {
  now += 60_000;
  await fixture.install("hello", "1.0-1", name);
  now += 60_000;
  await fixture.install("hello", "2.0-1", name);
  await archive.publish("test", name);
  const pool = join(fixture.root, "pool/main/h/hello");
  expect(readdirSync(pool).join()).not.toContain("hello_1.0");
  expect(versions(await moment(START + 60_000))).toEqual(["1.0-1"]);
  expect(readdirSync(pool).join()).toContain("hello_1.0");
});

test("all who ask at once get the one that is made, others wait or are asked to come later", async () => {
  await installed("1.0-1", "2.0-1", "3.0-1");
  const times = [START, START + 60_000, START + 120_000, now];
  archive = fixture.again({ momentLimits: { newPerMinute: 3, waiting: 2, kept: 9 } });
  const same = await Promise.all(Array.from({ length: 20 }, () => moment(START)));
  expect(new Set(same).size).toBe(1);

  const answers = await Promise.allSettled(times.slice(1).map((time) => moment(time)));

  // Which of them comes too late is for the database to say.
  const late = answers.findIndex(({ status }) => status === "rejected");
  expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  const time = times[late + 1] ?? 0;
  now += 30_000;
  await expect(moment(time)).rejects.toMatchObject({ code: "moments_busy", params: { seconds: 30 } });
  now += 30_000;
  expect(versions(await moment(time))).toEqual([["1.0-1"], ["2.0-1"], ["3.0-1"]][late]);
});

test("of many, those asked for last are kept, also by the next process", async () => {
  await installed("1.0-1", "2.0-1");
  archive = fixture.again({ momentLimits: { newPerMinute: 99, waiting: 9, kept: 2 } });
  const first = await moment(START);
  const second = await moment(START + 60_000);
  await moment(START);
  await moment(now);
  expect(existsSync(first ?? "")).toBe(true);
  expect(existsSync(second ?? "")).toBe(false);

  archive = fixture.again({ momentLimits: { newPerMinute: 0, waiting: 9, kept: 2 } });
  expect(await moment(now)).toBeDefined();
  await expect(moment(START + 60_000)).rejects.toMatchObject({ code: "moments_busy" });
});

test("what is removed from outside, or was left half made, is made again", async () => {
  await installed("1.0-1", "2.0-1");
  const dir = (await moment(START)) ?? "";
  const parent = join(dir, "..");
  await rm(dir, { recursive: true });
  await mkdir(join(parent, ".new-1-x"));
  expect(await moment(START)).toBe(dir);
  await expectWholeAt(dir);
  expect(kept()).toHaveLength(1);
});
