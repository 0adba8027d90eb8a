import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Digests } from "../release-file.ts";
import { removeRetired, retire } from "./by-hash.ts";
import { type DistributionPaths, distributionPaths, type Generation } from "./generation.ts";

const MINUTE = 60_000;
const LIMITS = { keptMs: 24 * 60 * MINUTE, freshMs: 5 * MINUTE, maxBytes: 1000, maxFiles: 100 };
const INDEX = "main/binary-amd64/Packages.gz";

let dir: string;
let paths: DistributionPaths;
/** One state a publish, of one index of 100 bytes. */
let states: ReadonlyMap<string, Digests>[];
let now: number;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mbd-by-hash-"));
  paths = distributionPaths(dir, "bookworm-test-unstable");
  states = [];
  now = Date.parse("2024-01-02T03:04:05Z");
});
afterEach(() => rmSync(dir, { recursive: true }));

const fileOf = (number: number) =>
  join(paths.byHash, dirname(INDEX), "by-hash/SHA256", String(number).padStart(64, "0"));

/** Shows a new state, or again what was shown as the number-th. */
async function publish(afterMs: number, number = states.length): Promise<void> {
  now += afterMs;
  const sha256 = String(number).padStart(64, "0");
  const file = fileOf(number);
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) writeFileSync(file, "x".repeat(100));
  const state = new Map<string, Digests>([[INDEX, { sha256, sizeBytes: 100 }]]);
  const before = states.at(-1);
  if (before !== undefined) await retire(paths, before, state, new Date(now));
  states.push(state);
  const generations = states.slice(-3).map((files) => ({ release: { files } }) as unknown as Generation);
  await removeRetired(paths, async () => generations, new Date(now), LIMITS);
}

const there = () => readdirSync(dirname(fileOf(0))).map(Number);

test("many publishes in a day leave as much as there is room for, the newest", async () => {
  for (let count = 0; count < 40; count += 1) await publish(10 * MINUTE);

  expect(there().length).toBeLessThanOrEqual(13);
  expect(there().length).toBeGreaterThanOrEqual(10);
  expect(there()).toEqual(Array.from({ length: there().length }, (_, index) => 40 - there().length + index));
});

test("what was replaced within some minutes stays, however much it is", async () => {
  for (let count = 0; count < 60; count += 1) await publish(5_000);

  expect(there()).toHaveLength(60);
});

test("one publish a second fills nothing for longer than that", async () => {
  for (let count = 0; count < 900; count += 1) await publish(1_000);

  // Five minutes, that of the lists' minutes, and the last that was counted.
  expect(there().length).toBeLessThanOrEqual(8 * 60);
  expect(there()).toContain(899);
});

test("what is shown again is kept, and counts from when it was replaced again", async () => {
  for (let count = 0; count < 5; count += 1) await publish(10 * MINUTE);
  await publish(10 * MINUTE, 0);
  for (let count = 0; count < 8; count += 1) await publish(10 * MINUTE);

  expect(there()).toContain(0);
  expect(there()).not.toContain(1);
});

test("lists of an earlier version, of an hour and without sizes, are worked off", async () => {
  await publish(0);
  await publish(MINUTE);
  const [list = ""] = readdirSync(paths.retired).filter((name) => name.startsWith("m"));
  rmSync(join(paths.retired, list));
  const name = join(dirname(INDEX), "by-hash/SHA256", "0".repeat(64));
  writeFileSync(join(paths.retired, `${Math.floor(now / (60 * MINUTE))}.list`), `${name}\n`);
  for (let count = 0; count < 3; count += 1) await publish(MINUTE);
  expect(there()).toContain(0);

  await publish(26 * 60 * MINUTE);

  expect(there()).not.toContain(0);
  expect(readdirSync(paths.retired).filter((each) => /^[0-9]/.test(each))).toEqual([]);
});
