import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freeBytes, isLargest, usedBytes } from "./disk.ts";

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "mbd-disk-"));
  mkdirSync(join(work, "5"));
  mkdirSync(join(work, "6"));
  writeFileSync(join(work, "5", "data"), Buffer.alloc(3_000_000, 1));
});
afterEach(() => rmSync(work, { recursive: true }));

function neighbourTells(usedBytesOfSix: number): void {
  writeFileSync(join(work, "6", "usage.json"), JSON.stringify({ usedBytes: usedBytesOfSix }));
}

describe("isLargest", () => {
  it("is true without neighbours that have told their size", async () => {
    expect(await isLargest(join(work, "5"))).toBe(true);
  });

  it("compares with what neighbours tell", async () => {
    neighbourTells(1000);
    expect(await isLargest(join(work, "5"))).toBe(true);
    neighbourTells(1_000_000_000);
    expect(await isLargest(join(work, "5"))).toBe(false);
  });

  it("forgets what was told long ago", async () => {
    neighbourTells(1_000_000_000);
    utimesSync(join(work, "6", "usage.json"), 1, 1);
    expect(await isLargest(join(work, "5"))).toBe(true);
  });
});

it("measures the directory and the free space around it", async () => {
  expect(await usedBytes(join(work, "5"))).toBeGreaterThanOrEqual(3_000_000);
  expect(await freeBytes(work)).toBeGreaterThan(0);
});
