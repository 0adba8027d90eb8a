import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isBorder, splitAtBorders } from "./borders.ts";

const itself = (key: string) => key;
const names = fc.uniqueArray(fc.string({ unit: "binary" }), { maxLength: 200 });

describe("isBorder", () => {
  it("is decided by fixed hashes, as long as archives exist", () => {
    const keys = ["0ad", "apt", "bash", "libc6", "libfoo1", "libfoo2", "usr/share/doc/é", "zsh"];
    const found = keys.filter((key) => isBorder(key, 3));
    expect(found).toMatchInlineSnapshot(`
      [
        "0ad",
        "apt",
        "libc6",
        "libfoo1",
        "libfoo2",
      ]
    `);
  });

  it.each([2, 16, 128, 4096])("makes about one of %i keys a border, of families of names too", (average) => {
    const count = average * 400;
    let borders = 0;
    for (let i = 0; i < count; i++) if (isBorder(`libfamily-with-long-name${i}`, average)) borders += 1;
    // Four standard deviations of 400.
    expect(borders).toBeGreaterThan(320);
    expect(borders).toBeLessThan(480);
  });

  it("goes by bytes: a key as text and as UTF-8 read by bytes differ, the same text never", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 50 }), (key, average) => {
        expect(isBorder(Buffer.from(key).toString(), average)).toBe(isBorder(key, average));
      }),
    );
  });

  it("of fewer keys a chunk has all borders of more", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1000 }), (key, average) => {
        expect(!isBorder(key, average + 1) || isBorder(key, average)).toBe(true);
      }),
    );
  });
});

describe("splitAtBorders", () => {
  it("loses nothing, keeps the order, and starts each chunk but the first with a border", () => {
    fc.assert(
      fc.property(names, (keys) => {
        const chunks = splitAtBorders(keys, itself, 4);
        expect(chunks.flatMap(({ items }) => items)).toEqual(keys);
        for (const { key, items } of chunks) expect(items[0]).toBe(key);
        for (const { key } of chunks.slice(1)) expect(isBorder(key, 4)).toBe(true);
        for (const { items } of chunks) expect(items.slice(1).some((key) => isBorder(key, 4))).toBe(false);
      }),
    );
  });

  it("keeps items of one key together", () => {
    const border = Array.from({ length: 100 }, (_, i) => `key${i}`).find((key) => isBorder(key, 4)) ?? "";

    const chunks = splitAtBorders(["", border, border, border], itself, 4);

    expect(chunks).toEqual([
      { key: "", items: [""] },
      { key: border, items: [border, border, border] },
    ]);
  });

  it("changes at most the two chunks around a key that comes or goes", () => {
    fc.assert(
      fc.property(names, fc.string(), (keys, added) => {
        const before = splitAtBorders([...keys].sort(), itself, 4).map(({ items }) => items.join("\0"));
        const after = splitAtBorders([...new Set([...keys, added])].sort(), itself, 4).map(({ items }) =>
          items.join("\0"),
        );
        expect(after.filter((chunk) => !before.includes(chunk)).length).toBeLessThanOrEqual(2);
        expect(before.filter((chunk) => !after.includes(chunk)).length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("makes no chunks of no items", () => {
    expect(splitAtBorders([], itself, 4)).toEqual([]);
  });
});
