import { describe, expect, test } from "vitest";
import { oneFailed, optionalAwaitedSince, outcomeOf } from "./states.ts";

const build = (state: string, more: { arch?: string; optional?: number; reason?: string } = {}) => ({
  arch: "amd64",
  optional: 0,
  reason: null,
  state,
  ...more,
});

describe("outcomeOf", () => {
  test.each([
    ["one built", [build("BUILT")], "good"],
    ["skipped counts as good", [build("BUILT"), build("SKIPPED")], "good"],
    ["one still open", [build("BUILT"), build("BUILDING")], "open"],
    ["a failed one while another is open: its log is wanted", [build("FAILED"), build("QUEUED")], "open"],
    ["waiting for dependencies is open", [build("DEP_WAIT")], "open"],
    ["all ended, one failed", [build("BUILT"), build("FAILED")], "bad"],
    ["a cancelled mandatory build", [build("CANCELLED")], "bad"],
    ["mandatory good, optional open", [build("BUILT"), build("BUILDING", { optional: 1 })], "open"],
    ["mandatory good, optional failed", [build("BUILT"), build("FAILED", { optional: 1 })], "good"],
    ["mandatory bad, optional open", [build("FAILED"), build("BUILDING", { optional: 1 })], "bad"],
  ] as const)("%s", (_name, builds, kind) => {
    expect(outcomeOf(builds).kind).toBe(kind);
  });

  test("names what failed and why", () => {
    const outcome = outcomeOf([build("FAILED", { reason: "qa" }), build("CANCELLED", { arch: "arm64" })]);

    expect(outcome).toEqual({
      kind: "bad",
      failed: [
        { arch: "amd64", reason: "qa" },
        { arch: "arm64", reason: "cancelled" },
      ],
    });
  });
});

describe("oneFailed", () => {
  test.each([
    ["a needed one, while another is open", [build("FAILED"), build("BUILDING")], true],
    ["one that somebody cancelled", [build("CANCELLED"), build("BUILDING")], true],
    ["only an optional one", [build("FAILED", { optional: 1 }), build("BUILDING")], false],
    ["none", [build("BUILT"), build("DEP_WAIT")], false],
  ] as const)("%s", (_name, builds, expected) => {
    expect(oneFailed(builds)).toBe(expected);
  });
});

describe("optionalAwaitedSince", () => {
  const at = (state: string, ended_at: string | null, optional = 0) => ({ state, ended_at, optional });

  test.each([
    ["from the end of the last needed build", [at("BUILT", "t3"), at("SKIPPED", "t2")], "t3"],
    ["not from before the packaging began", [at("BUILT", "t0")], "t1"],
    ["not while a needed one is open", [at("BUILT", "t3"), at("BUILDING", null)], undefined],
    ["not when a needed one failed", [at("FAILED", "t3")], undefined],
  ] as const)("%s", (_name, builds, expected) => {
    expect(optionalAwaitedSince([...builds, at("QUEUED", null, 1)], "t1")).toBe(expected);
  });

  test("not when the optional ones have ended", () => {
    expect(optionalAwaitedSince([at("BUILT", "t3"), at("FAILED", "t4", 1)], "t1")).toBeUndefined();
  });
});
