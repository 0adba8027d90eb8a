import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestStore, stanzas, type TestStore } from "./chunks-support.ts";
import type { ChunkRef } from "./types.ts";

const NOW = new Date("2030-01-02T03:04:05Z");
const DAY = 86_400;
let test: TestStore;

beforeEach(() => {
  test = createTestStore({ now: () => NOW });
});

afterEach(() => test.remove());

function age(path: string, seconds: number): void {
  const at = new Date(NOW.getTime() - seconds * 1000);
  utimesSync(path, at, at);
}

async function chunk(seed: number, ageSeconds: number): Promise<ChunkRef> {
  const [ref] = await test.store.ensure([stanzas(2, seed)]);
  if (ref === undefined) throw new Error("no chunk");
  age(test.pathOf(ref.sha256), ageSeconds);
  return ref;
}

describe("collect", () => {
  it("removes what nobody uses and nobody touched for the grace time and the day in which use is not noted", async () => {
    const old = await chunk(1, 2 * DAY + 1);
    const young = await chunk(2, 2 * DAY - 1);
    const used = await chunk(3, 900 * DAY);

    const removed = await test.store.collect(new Set([used.sha256]), DAY, NOW);

    expect(removed).toBe(1);
    expect(test.files()).toEqual([young.sha256, used.sha256].sort());
    expect(await test.store.text(old)).toBeUndefined();
    expect(await test.store.collect(new Set([used.sha256]), DAY, NOW)).toBe(0);
  });

  it("never takes what was read within the grace time, though it was made long ago", async () => {
    const ref = await chunk(1, 900 * DAY);
    await test.store.read(ref);

    expect(await test.store.collect(new Set(), DAY, NOW)).toBe(0);
    expect(await test.store.collect(new Set(), DAY, new Date(NOW.getTime() + 2 * DAY * 1000 + 1))).toBe(1);
  });

  it("removes leftovers of killed processes after a day, whatever the grace time, and does not count them", async () => {
    const ref = await chunk(1, 0);
    const leftover = (name: string, seconds: number) => {
      const path = `${test.pathOf(ref.sha256)}.7.${name}.new`;
      writeFileSync(path, "half");
      age(path, seconds);
    };
    const work = (name: string, seconds: number) => {
      mkdirSync(join(test.dir, name));
      writeFileSync(join(test.dir, name, "texts"), "half");
      writeFileSync(join(test.dir, name, "texts.xz"), "half");
      for (const path of ["texts", "texts.xz", ""]) age(join(test.dir, name, path), seconds);
    };
    leftover("old", DAY + 1);
    leftover("young", DAY - 1);
    work("xz-oldold", DAY + 1);
    work("xz-youngs", DAY - 1);

    expect(await test.store.collect(new Set(), 30 * DAY, NOW)).toBe(0);

    expect(test.files()).toEqual([ref.sha256, `${ref.sha256}.7.young.new`, "texts", "texts.xz"]);
    expect(readdirSync(test.dir).filter((name) => name.startsWith("xz-"))).toEqual(["xz-youngs"]);
  });

  it("has nothing to do where no chunk was ever made", async () => {
    expect(await test.store.collect(new Set(), 0, NOW)).toBe(0);
    expect(existsSync(test.dir)).toBe(false);
  });

  it("may run while others pack, read and collect", async () => {
    const old = await Promise.all(Array.from({ length: 20 }, (_, i) => chunk(i, 3 * DAY)));

    const [a, b, fresh] = await Promise.all([
      test.store.collect(new Set(), 0, NOW),
      test.store.collect(new Set(), 0, NOW),
      test.store.ensure(Array.from({ length: 20 }, (_, i) => stanzas(2, 100 + i))),
    ]);

    expect(a + b).toBeGreaterThanOrEqual(old.length);
    expect((await Promise.all(fresh.map((ref) => test.store.text(ref)))).filter(Boolean).length).toBe(20);
    expect((await Promise.all(old.map((ref) => test.store.text(ref)))).filter(Boolean).length).toBe(0);
  });
});
