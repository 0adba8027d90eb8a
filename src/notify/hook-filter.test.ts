import { expect, test } from "vitest";
import { checkTypes, isWanted } from "./hook-filter.ts";

const ALL = { types: [], distributions: [], sources: [] };
const HELLO = { type: "INSTALLED", distribution: "bookworm-test-unstable", source: "hello" } as const;

test.each([
  ["everything", ALL, HELLO, true],
  ["everything, also what is about nothing", ALL, { type: "CHROOT" }, true],
  ["a type", { ...ALL, types: ["FAILED", "INSTALLED"] }, HELLO, true],
  ["another type", { ...ALL, types: ["FAILED"] }, HELLO, false],
  ["a distribution", { ...ALL, distributions: ["bookworm-test-unstable"] }, HELLO, true],
  ["another distribution", { ...ALL, distributions: ["bookworm-test-stable"] }, HELLO, false],
  ["a distribution, of an event about none", { ...ALL, distributions: ["x"] }, { type: "CHROOT" }, false],
  ["a source", { ...ALL, sources: ["hello"] }, HELLO, true],
  ["all must match", { ...ALL, types: ["INSTALLED"], sources: ["other"] }, HELLO, false],
] as const)("%s", (_what, filter, event, wanted) => {
  expect(isWanted(filter, event)).toBe(wanted);
});

test("a type that no event has is refused", () => {
  expect(() => checkTypes(["INSTALLED", "INSTALED"])).toThrow("'INSTALED' is not one of");
});
