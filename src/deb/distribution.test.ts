import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDistribution, isMetaDistribution, parseDistribution } from "./distribution.ts";
import { mutated } from "./fuzz-support.ts";

describe("parseDistribution", () => {
  it.each([
    ["bookworm-test-unstable", "bookworm", "test", "unstable", undefined],
    ["bookworm-test-stable-rollback0", "bookworm", "test", "stable", 0],
    ["bookworm-test-stable-rollback10", "bookworm", "test", "stable", 10],
    ["bookworm-test-stable-rollback999", "bookworm", "test", "stable", 999],
    ["noble-acme2-hotfix", "noble", "acme2", "hotfix", undefined],
    ["sid-debdev-unstable", "sid", "debdev", "unstable", undefined],
  ])("%s", (text, codename, repository, suite, rollback) => {
    const distribution = parseDistribution(text);

    expect(distribution).toEqual({ codename, repository, suite, rollback });
    expect(distribution && formatDistribution(distribution)).toBe(text);
  });

  it.each([
    "bookworm-test-stable-rollback",
    "bookworm-test-stable-rollback01",
    "bookworm-test-stable-rollback-1",
    "bookworm-test-stable-rollback1000",
    "bookworm-test-stable-snap0",
    "bookworm-test",
    "bookworm--unstable",
    "bookworm_test_unstable",
    "12-test-unstable",
    "kali-rolling-test-unstable",
    "Bookworm-test-unstable",
    "bookworm-Test-unstable",
    "bookworm-test-unstable2",
    " bookworm-test-unstable",
    "bookworm-test-unstable\n",
    "",
  ])("refuses %j", (text) => {
    expect(parseDistribution(text)).toBeUndefined();
  });

  it("takes nothing that it does not write itself", () => {
    fc.assert(
      fc.property(mutated(["bookworm-test-stable-rollback10", "noble-acme2-hotfix"]), (text) => {
        const distribution = parseDistribution(text);
        expect(distribution === undefined ? text : formatDistribution(distribution)).toBe(text);
      }),
    );
  });
});

describe("isMetaDistribution", () => {
  it.each([
    ["unstable", true],
    ["my-meta", true],
    ["bookworm-test-unstable", false],
    ["bookworm-test-unstable-rollback0", false],
    ["Unstable", false],
    ["1a", false],
    ["", false],
  ])("%j: %j", (text, expected) => {
    expect(isMetaDistribution(text)).toBe(expected);
  });
});
