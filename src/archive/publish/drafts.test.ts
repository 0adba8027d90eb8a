import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChunkRef, splitAtBorders } from "../chunks/index.ts";
import { type ChunkEntry, replaceRanges, touchedRanges } from "./drafts.ts";

const AVERAGE = 3;
const cut = (keys: readonly string[]) =>
  splitAtBorders(keys, (key) => key, AVERAGE).map(({ key, items }) => ({
    key,
    text: Buffer.from(items.join(" ")),
  }));
const keysOf = (drafts: readonly { key: string; text: Buffer }[]) =>
  drafts.map(({ key, text }) => `${key}: ${text.toString()}`);
/** Stands for a packed chunk: its keys are in the name. */
const packed = (keys: readonly string[]): ChunkEntry[] =>
  cut(keys).map(({ key, text }) => ({ key, ref: { sha256: String(text) } as ChunkRef }));

const anyKeys = fc.uniqueArray(fc.stringMatching(/^[a-e]{1,3}$/), { maxLength: 40 });

describe("chunks after a change", () => {
  test("are those of cutting everything anew", () => {
    fc.assert(
      fc.property(anyKeys, anyKeys, fc.boolean(), (keys, touched, remove) => {
        const before = [...keys].sort();
        const changed = new Set(touched);
        const after = remove
          ? before.filter((key) => !changed.has(key))
          : [...new Set([...before, ...changed])].sort();
        const chunks = packed(before);

        const replaced = touchedRanges(chunks, changed).map((range) => {
          const own = after.filter(
            (key) =>
              (range.from === undefined || key >= range.from) &&
              (range.until === undefined || key < range.until),
          );
          return { range, chunks: cut(own) };
        });
        const drafts = replaceRanges(chunks, replaced).map((draft) =>
          "text" in draft ? draft : { key: draft.key, text: Buffer.from(draft.ref.sha256) },
        );

        expect(keysOf(drafts)).toEqual(keysOf(cut(after)));
      }),
      { numRuns: 500 },
    );
  });
});
