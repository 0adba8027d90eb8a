import { expect, test } from "vitest";
import { columnsOf, covers, rightText, scopeOf, scopeText, WHOLE } from "./upload-scope.ts";

const narrow = { suites: ["unstable", "hotfix"], sources: ["linux-*", "foo"] };

test.each([
  [WHOLE, "unstable", "hello", true],
  [{ ...WHOLE, suites: ["unstable"] }, "unstable", "hello", true],
  [{ ...WHOLE, suites: ["unstable"] }, "experimental", "hello", false],
  [{ ...WHOLE, sources: ["linux-*"] }, "experimental", "linux-base", true],
  [{ ...WHOLE, sources: ["linux-*"] }, "experimental", "hello", false],
  [narrow, "hotfix", "foo", true],
  [narrow, "hotfix", "hello", false],
  [narrow, "experimental", "foo", false],
  // A suite's name is no pattern.
  [{ ...WHOLE, suites: ["*"] }, "unstable", "hello", false],
])("%j: %s of %s is covered: %s", (scope, suite, source, covered) => {
  expect(covers(scope, { suite, source })).toBe(covered);
});

test("a scope is told in few words, and its columns are the same in any order", () => {
  expect(scopeText(WHOLE)).toBe("everything");
  expect(scopeText(narrow)).toBe("linux-*, foo to unstable, hotfix");
  expect(rightText({ repository: "acme", ...WHOLE })).toBe("acme");
  expect(rightText({ repository: "acme", ...WHOLE, suites: ["unstable"] })).toBe(
    "acme (everything to unstable)",
  );

  const columns = columnsOf({ suites: ["b", "a", "b"], sources: [] });

  expect(columns).toEqual({ suites: "a b", sources: "" });
  expect(scopeOf(columns)).toEqual({ suites: ["a", "b"], sources: [] });
});
