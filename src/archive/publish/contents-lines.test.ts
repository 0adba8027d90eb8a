import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  changeLines,
  contentsLine,
  contentsOwner,
  type Owned,
  ownerChanges,
  parseContents,
} from "./contents-lines.ts";

const anyOwned = fc.array(
  fc.record({
    path: fc.constantFrom("bin/a", "bin/a b", "bin/a ", "usr/share/\xfc", "usr", "usr/x,y"),
    owner: fc.constantFrom("net/one", "net/one2", "two", "contrib/x11/three"),
  }),
  { maxLength: 15 },
);

function linesOf(owned: readonly Owned[]) {
  const paths = [...new Set(owned.map(({ path }) => path))].sort();
  return paths.map((path) =>
    contentsLine(
      path,
      owned.filter((item) => item.path === path).map(({ owner }) => owner),
    ),
  );
}

describe("lines of Contents", () => {
  test("after a change are those of everything anew, and are read back as they were written", () => {
    fc.assert(
      fc.property(anyOwned, anyOwned, (before, after) => {
        const text = linesOf(before)
          .map(({ line }) => line)
          .join("");
        const read = parseContents(Buffer.from(text, "latin1"));

        expect(read).toEqual(linesOf(before));
        expect(changeLines(read, ownerChanges(before, after))).toEqual(linesOf(after));
      }),
    );
  });

  test.each([
    ["net", "net/foo"],
    ["contrib/net", "contrib/net/foo"],
    ["", "foo"],
    ["two words", "foo"],
    ["a,b", "foo"],
  ])("a package of section '%s' is named '%s'", (section, owner) => {
    expect(contentsOwner(section, "foo")).toBe(owner);
  });
});
