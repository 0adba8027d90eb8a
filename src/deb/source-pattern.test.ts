import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSourcePattern, matchesSourcePattern } from "./source-pattern.ts";

describe("a pattern of source names", () => {
  test.each([
    ["linux-*", "linux-base", true],
    ["linux-*", "linux-", true],
    ["linux-*", "linux", false],
    ["linux-*", "a-linux-base", false],
    ["*", "hello", true],
    ["hello", "hello", true],
    ["hello", "hello-x", false],
    ["hell?", "hello", true],
    ["hello?", "hello", false],
    ["*-dev*", "lib-dev-dev-x", true],
    ["*a*b", "xaabxab", true],
    ["*a*b", "xaabxaba", false],
    ["g++", "g++", true],
    ["a.b", "axb", false],
    ["**", "hello", true],
  ])("%s for %s: %s", (pattern, name, matches) => {
    expect(matchesSourcePattern(pattern, name)).toBe(matches);
  });

  test("means the same as the regular expression it stands for", () => {
    const short = (letters: string) =>
      fc.string({ unit: fc.constantFrom(...letters.split("")), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(short("ab*?"), short("ab"), (pattern, name) => {
        const regex = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
        expect(matchesSourcePattern(pattern, name)).toBe(regex.test(name));
      }),
      { numRuns: 2000 },
    );
  });

  test("takes no longer the more wildcards it has", () => {
    const pattern = `${"*a".repeat(49)}*b`;

    const begun = performance.now();
    for (let count = 0; count < 100; count += 1)
      expect(matchesSourcePattern(pattern, "a".repeat(100))).toBe(false);

    expect(performance.now() - begun).toBeLessThan(2000);
  });

  test.each([
    ["linux-*", true],
    ["?x", true],
    ["a".repeat(100), true],
    ["a".repeat(101), false],
    ["", false],
    ["Linux", false],
    ["-x", false],
    ["[ab]", false],
    ["a b", false],
    ["a\nb", false],
    ["../x", false],
  ])("%j is one: %s", (text, valid) => {
    expect(isSourcePattern(text)).toBe(valid);
  });
});
