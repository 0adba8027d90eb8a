import { mkdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createChunkStore } from "./chunk-store.ts";
import { anyText, createTestStore, stanzas, type TestStore } from "./chunks-support.ts";
import type { ChunkRef } from "./types.ts";

const NOW = new Date("2030-01-02T03:04:05Z");
const DAY_MS = 86_400_000;
let test: TestStore;

beforeEach(() => {
  test = createTestStore({ now: () => NOW });
});

afterEach(() => test.remove());

async function kept(text: Buffer): Promise<ChunkRef> {
  const [ref] = await test.store.ensure([text]);
  if (ref === undefined) throw new Error("no chunk");
  return ref;
}

describe("texts that are kept", () => {
  it("are packed once, all at once, and come back in their order", async () => {
    const texts = [stanzas(9, 1), stanzas(9, 2), stanzas(9, 1), Buffer.alloc(0)];

    const refs = await test.store.ensure(texts);
    const again = await test.store.ensure([...texts].reverse());

    expect(again).toEqual([...refs].reverse());
    expect(refs[2]).toEqual(refs[0]);
    expect(test.ran.map(([file]) => file)).toEqual(["xz"]);
    expect(test.files()).toEqual(
      refs
        .slice(0, 2)
        .map(({ sha256 }) => sha256)
        .sort(),
    );
    expect(await Promise.all(refs.map((ref) => test.store.text(ref)))).toEqual(texts);
  });

  it("are the same chunks whatever is packed with them, in any order, in any number of runs", async () => {
    const alone = createTestStore();
    const together = createTestStore();
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyText, { minLength: 1, maxLength: 6 }),
          fc.array(fc.nat(5), { maxLength: 6 }),
          async (texts, order) => {
            await alone.store.collect(new Set(), -1e9, NOW);
            await together.store.collect(new Set(), -1e9, NOW);
            const one: ChunkRef[] = [];
            for (const text of texts) one.push(...(await alone.store.ensure([text])));
            await together.store.ensure(order.map((i) => texts[i % texts.length] ?? Buffer.alloc(0)));
            const all = await together.store.ensure(texts);
            expect(all).toEqual(one);
            for (const { sha256 } of all)
              expect(readFileSync(together.pathOf(sha256)).equals(readFileSync(alone.pathOf(sha256)))).toBe(
                true,
              );
          },
        ),
        { numRuns: 12 },
      );
    } finally {
      alone.remove();
      together.remove();
    }
  });

  it("may be more than one run of xz takes", async () => {
    const texts = Array.from({ length: 30 }, (_, i) => stanzas(700, i));

    const refs = await test.store.ensure(texts);

    expect(test.ran.length).toBeGreaterThan(1);
    const kept = await Promise.all(refs.map((ref) => test.store.text(ref)));
    expect(kept.every((text, i) => text?.equals(texts[i] ?? Buffer.alloc(0)))).toBe(true);
  });

  it("survive two at once that keep the same", async () => {
    const texts = Array.from({ length: 5 }, (_, i) => stanzas(20, i));

    const [a, b] = await Promise.all([test.store.ensure(texts), test.store.ensure(texts)]);

    expect(a).toEqual(b);
    expect(test.files().length).toBe(5);
  });

  it("leave nothing but records", async () => {
    const { sha256 } = await kept(stanzas(5));

    expect(test.files()).toEqual([sha256]);
    expect(statSync(test.pathOf(sha256)).mode & 0o777).toBe(0o600);
  });
});

describe("forms", () => {
  it("that nobody asked for are not packed", async () => {
    const [ref] = await test.store.ensure([stanzas(5)], () => ["gz"]);

    expect(test.ran).toEqual([]);
    expect(ref).toMatchObject({ xzBytes: 0, xzUnpaddedBytes: 0 });
    expect(ref?.gzBytes).toBeGreaterThan(0);
  });

  it("come on when they are asked for, and those that were there stay", async () => {
    const text = stanzas(5);
    await test.store.ensure([text], () => ["gz"]);
    await test.store.ensure([text], () => ["plain", "xz"]);

    const ref = await kept(text);

    expect(test.ran.length).toBe(1);
    const other = createTestStore();
    expect(await other.store.ensure([text])).toEqual([ref]);
    other.remove();
  });

  it("of one text twice are those of both", async () => {
    const [a, b] = await test.store.ensure([stanzas(5), stanzas(5)], (i) => [i === 0 ? "gz" : "xz"]);

    expect(a).toEqual(b);
    expect(a).toEqual(await kept(stanzas(5)));
    expect(test.ran.length).toBe(1);
  });

  it("may be none: the text alone is kept", async () => {
    const [ref] = await test.store.ensure([stanzas(5)], () => ["plain"]);

    expect(ref).toMatchObject({ gzBytes: 0, xzBytes: 0 });
    expect(ref && (await test.store.text(ref))).toEqual(stanzas(5));
  });
});

describe("a record that is not whole", () => {
  const damages: Record<string, (path: string) => void> = {
    empty: (path) => truncateSync(path, 0),
    "cut in its header": (path) => truncateSync(path, 31),
    "cut by one byte": (path) => truncateSync(path, statSync(path).size - 1),
    "followed by more": (path) => writeFileSync(path, "x", { flag: "a" }),
    "full of zeros": (path) => writeFileSync(path, Buffer.alloc(statSync(path).size)),
    "zero at its end": (path) => writeFileSync(path, readFileSync(path).fill(0, statSync(path).size - 100)),
    "of an older version": (path) => writeFileSync(path, changed(readFileSync(path), 7)),
    "of another kind": (path) => writeFileSync(path, "Package: x\n".repeat(99)),
  };

  it.each(Object.entries(damages))("(%s) counts as lost, and is made again", async (_, damage) => {
    const ref = await kept(stanzas(9));
    damage(test.pathOf(ref.sha256));

    expect(await test.store.read(ref)).toBeUndefined();
    expect(await test.store.text(ref)).toBeUndefined();
    expect(await kept(stanzas(9))).toEqual(ref);
    expect(await test.store.text(ref)).toEqual(stanzas(9));
  });

  it("is noticed wherever a byte is another", async () => {
    const ref = await kept(stanzas(9));
    const path = test.pathOf(ref.sha256);
    const whole = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (at) => {
        writeFileSync(path, changed(whole, at));
        expect(await test.store.read(ref)).toBeUndefined();
      }),
    );
  });

  it("is noticed under the name of another", async () => {
    const [a, b] = [await kept(stanzas(9, 1)), await kept(stanzas(9, 2))];
    writeFileSync(test.pathOf(a.sha256), readFileSync(test.pathOf(b.sha256)));

    expect(await test.store.read(a)).toBeUndefined();
    expect(await test.store.read(b)).toBeDefined();
  });

  it("is never what a killed process had begun", async () => {
    const ref = await kept(stanzas(9));
    const path = test.pathOf(ref.sha256);
    const half = readFileSync(path).subarray(0, 50);
    const other = "ff".repeat(32);
    mkdirSync(dirname(test.pathOf(other)), { recursive: true });
    writeFileSync(`${path}.1.0123456789ab.new`, half);
    writeFileSync(`${test.pathOf(other)}.1.0123456789ab.new`, half);

    expect(await test.store.text(ref)).toEqual(stanzas(9));
    expect(await test.store.text({ ...ref, sha256: other })).toBeUndefined();
    expect(await kept(stanzas(9))).toEqual(ref);
  });
});

describe("use", () => {
  const ageOf = (ref: ChunkRef) => NOW.getTime() - statSync(test.pathOf(ref.sha256)).mtimeMs;
  const setAge = (ref: ChunkRef, ms: number) => {
    const at = new Date(NOW.getTime() - ms);
    utimesSync(test.pathOf(ref.sha256), at, at);
  };

  it.each(["read", "text", "ensure"] as const)("by %s is noted, at most once a day", async (how) => {
    const ref = await kept(stanzas(2));
    const use = () => (how === "ensure" ? test.store.ensure([stanzas(2)]) : test.store[how](ref));
    setAge(ref, DAY_MS - 60_000);
    await use();
    const afterLessThanADay = ageOf(ref);
    setAge(ref, DAY_MS + 60_000);
    await use();

    expect(afterLessThanADay).toBe(DAY_MS - 60_000);
    expect(ageOf(ref)).toBe(0);
  });
});

describe("xz", () => {
  const failing = (after: (dir: string) => void) =>
    createChunkStore({
      dir: test.dir,
      exec: async (_file, _args, options) => {
        after(options?.cwd ?? "");
        return { exitCode: 0, stdout: "", stderr: "", timedOut: false };
      },
    });

  it.each([
    ["nothing", () => undefined],
    ["rubbish", (dir: string) => writeFileSync(`${dir}/texts.xz`, "rubbish")],
  ])("that makes %s is an error which keeps nothing", async (_, after) => {
    await expect(failing(after).ensure([stanzas(3)])).rejects.toMatchObject({ code: "tool_failed" });
    expect(test.files()).toEqual([]);
  });

  it("that is not there is an error of that name", async () => {
    const without = createChunkStore({
      dir: test.dir,
      exec: () => Promise.reject(new Error("spawn xz ENOENT")),
    });

    await expect(without.ensure([stanzas(3)])).rejects.toThrow("xz");
  });
});

function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x20;
  return copy;
}
